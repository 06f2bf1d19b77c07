#include "appliance/cli/backup_command.h"

#include <signal.h>
#include <simdjson.h>
#include <sys/resource.h>

#include <atomic>
#include <filesystem>

#include "appliance/backup/backup.h"
#include "appliance/backup/restore.h"
#include "appliance/cli/client.h"
#include "appliance/config/config.h"
#include "appliance/json/json.h"
#include "appliance/node/clocks.h"

namespace appliance {
namespace {

constexpr const char* kInstalledConfig = "/etc/rollcall/rollcall.toml";
constexpr int kNiceness = 10;  // the node goes first

std::atomic<bool> interrupted{false};

// What is half-finished is cleaned up whatever happens; a full quota is an error like any other.
void handle_signals() {
  struct sigaction action {};
  action.sa_handler = [](int) { interrupted.store(true); };
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) sigaction(number, &action, nullptr);
  signal(SIGXFSZ, SIG_IGN);
  signal(SIGPIPE, SIG_IGN);
}

bool go_on() { return !interrupted.load(); }

Outcome failed(const std::string& what) { return {kExitFailed, "failed", what}; }

// The node at the other end of the admin socket. It holds its journal while we are connected.
class NodeOnSocket final : public backup::RunningNode {
 public:
  // True: a node runs; false: none does. An Error: it cannot be told, or the node is of another
  // version.
  base::Result<bool> find(const std::string& socket);
  base::Result<Hold> hold() override;
  void let_go() override { client_.reset(); }

  const std::string& data() const { return data_; }
  const std::string& config_file() const { return config_file_; }

 private:
  base::Status connect();

  std::string socket_;
  std::unique_ptr<AdminClient> client_;
  std::string data_;
  std::string config_file_;
};

base::Status NodeOnSocket::connect() {
  client_ = std::make_unique<AdminClient>();
  return client_->connect(socket_);
}

base::Result<bool> NodeOnSocket::find(const std::string& socket) {
  socket_ = socket;
  if (auto connected = connect(); !connected) {
    if (client_->nobody_listens()) return false;
    return connected.error();
  }
  if (auto held = hold(); !held) return held.error();
  let_go();
  return true;
}

base::Result<backup::RunningNode::Hold> NodeOnSocket::hold() {
  if (client_ == nullptr) {
    if (auto connected = connect(); !connected) return connected.error();
  }
  if (auto sent = client_->send("{\"command\":\"journal hold\"}\n"); !sent) return sent.error();
  const auto line = client_->receive();
  if (!line) return line.error();
  simdjson::dom::parser parser;
  simdjson::dom::object answer;
  simdjson::dom::object result;
  simdjson::dom::array committed;
  std::string_view text;
  if (parser.parse(*line).get(answer) != simdjson::SUCCESS) {
    return base::Error{"the node's answer makes no sense"};
  }
  if (answer["error"].get(text) == simdjson::SUCCESS) {
    return base::Error{"the node cannot be backed up: " + std::string(text)};
  }
  Hold hold;
  std::string_view data;
  std::string_view config;
  if (answer["result"].get(result) != simdjson::SUCCESS ||
      result["version"].get(text) != simdjson::SUCCESS ||
      result["data"].get(data) != simdjson::SUCCESS ||
      result["config"].get(config) != simdjson::SUCCESS ||
      result["epoch"].get(hold.epoch) != simdjson::SUCCESS ||
      result["lost"].get(hold.lost) != simdjson::SUCCESS ||
      result["committed"].get(committed) != simdjson::SUCCESS) {
    return base::Error{"the node's answer makes no sense"};
  }
  if (text != ROLLCALL_VERSION) {
    return base::Error{"the node is of version " + std::string(text) + ", this command of " +
                       ROLLCALL_VERSION + ": use the command that came with the node"};
  }
  for (const simdjson::dom::element position : committed) {
    if (position.get(hold.committed.emplace_back()) != simdjson::SUCCESS) {
      return base::Error{"the node's answer makes no sense"};
    }
  }
  data_ = data;
  config_file_ = config;
  return hold;
}

void add_manifest(const backup::Manifest& manifest, JsonWriter& out) {
  out.member("created", manifest.created)
      .member("version", manifest.product)
      .member("node", manifest.running ? "running" : "stopped")
      .member("files", static_cast<int64_t>(manifest.entries.size()))
      .member("content_bytes", static_cast<int64_t>(manifest.bytes()))
      .member("journal_entries", manifest.journal_entries);
}

Outcome check(const OperatorCall& call) {
  const auto manifest = backup::check_backup(call.file, go_on);
  if (!manifest) return failed(manifest.error().what);
  Outcome outcome;
  JsonWriter out(outcome.text);
  out.begin_object().member("file", call.file).flag("whole", true);
  add_manifest(*manifest, out);
  out.end_object();
  return outcome;
}

// "": there is none.
std::string config_of_stopped_node(const OperatorCall& call) {
  std::error_code error;
  if (!call.config_file.empty()) return call.config_file;
  return std::filesystem::exists(kInstalledConfig, error) ? kInstalledConfig : "";
}

// Where no node can be asked. The directory is never guessed behind a file that is wrong.
base::Result<std::string> data_of_stopped_node(const OperatorCall& call) {
  if (!call.data.empty()) return call.data;
  const std::string file = config_of_stopped_node(call);
  if (file.empty()) return Config{}.data;
  LoadedConfig loaded = load_config_file(file);
  if (loaded.problems.empty()) return std::move(loaded.config.data);
  return base::Error{"the configuration does not say where the data directory is:\n" +
                     describe(loaded.problems, file) +
                     "\nCorrect it, or name the directory with --data"};
}

}  // namespace

Outcome back_up(const OperatorCall& call) {
  handle_signals();
  if (call.check) return check(call);
  std::error_code error;
  if (!call.force && std::filesystem::exists(call.file, error)) {
    return {kExitExists, "exists", call.file + " is there already; --force replaces it"};
  }
  NodeOnSocket node;
  const auto running = node.find(call.socket);
  if (!running) return failed(running.error().what);
  backup::BackupOptions options;
  options.file = call.file;
  options.force = call.force;
  options.now = wall_now();
  options.go_on = go_on;
  if (*running) {
    options.node = &node;
    options.data = node.data();
    options.config_file = node.config_file();
    setpriority(PRIO_PROCESS, 0, kNiceness);
  } else {
    options.config_file = config_of_stopped_node(call);
    auto data = data_of_stopped_node(call);
    if (!data) return failed(data.error().what);
    options.data = std::move(*data);
  }
  const base::Instant begin = monotonic_now();
  const auto report = backup::take_backup(options);
  if (!report) return failed(report.error().what);
  Outcome outcome;
  JsonWriter out(outcome.text);
  out.begin_object().member("file", call.file);
  out.member("size_bytes", static_cast<int64_t>(report->bytes));
  add_manifest(report->manifest, out);
  out.member("took_seconds", (monotonic_now() - begin).whole_seconds()).end_object();
  return outcome;
}

Outcome restore(const OperatorCall& call) {
  handle_signals();
  if (call.check) return check(call);
  const auto data = data_of_stopped_node(call);
  if (!data) return failed(data.error().what);
  const base::Instant begin = monotonic_now();
  const auto report = backup::restore_backup({call.file, *data, wall_now(), backup::GoOn(go_on)});
  if (!report) return failed(report.error().what);
  Outcome outcome;
  JsonWriter out(outcome.text);
  out.begin_object().member("restored", report->data);
  if (!report->kept.empty()) out.member("old_data_kept_in", report->kept);
  if (!report->configuration.empty()) {
    out.member("configuration_of_the_backup", report->configuration);
  }
  add_manifest(report->manifest, out);
  out.member("took_seconds", (monotonic_now() - begin).whole_seconds()).end_object();
  return outcome;
}

}  // namespace appliance
