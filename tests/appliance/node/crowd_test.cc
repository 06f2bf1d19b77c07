// Everything at once: crowds of clients play all scenarios over both shards while an operator
// reloads, scrapes, lists, watches and kicks without pause; the node then stops in the middle of
// it. What is looked for is in the sanitizers' hands as much as in the expectations'.
#include <gtest/gtest.h>
#include <spawn.h>

#include <algorithm>

#include "tests/appliance/node/node_process.h"
#include "tests/engine/io/loopback.h"

namespace appliance {
namespace {

constexpr const char* kConfig = R"(domains = ["localhost", "example.org"]
[[listener]]
address = "127.0.0.1"
port = 0
tls = "off"
sasl_without_tls = true
[[listener]]
address = "127.0.0.1"
port = 0
direct = true
[login]
registration = true
[store]
pbkdf2_iterations = 4096
[admin]
metrics_port = 0
)";

// A program of its own; ends with its owner.
class Child {
 public:
  Child(const std::vector<std::string>& arguments, const std::string& output) {
    std::vector<char*> argv;
    for (const std::string& argument : arguments) {
      argv.push_back(const_cast<char*>(argument.c_str()));
    }
    argv.push_back(nullptr);
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, 1, output.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    posix_spawn_file_actions_adddup2(&files, 1, 2);
    if (posix_spawn(&pid_, argv[0], &files, nullptr, argv.data(), environ) != 0) pid_ = -1;
    posix_spawn_file_actions_destroy(&files);
  }
  Child(Child&& other) noexcept : pid_(std::exchange(other.pid_, -1)), status_(other.status_) {}
  Child& operator=(Child&&) = delete;
  ~Child() {
    if (pid_ <= 0) return;
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  bool ended() {
    if (pid_ > 0 && waitpid(pid_, &status_, WNOHANG) == pid_) pid_ = -1;
    return pid_ <= 0;
  }
  int status() const { return WIFEXITED(status_) ? WEXITSTATUS(status_) : -1; }

 private:
  pid_t pid_ = -1;
  int status_ = -1;
};

// What the operator's loopback server answers; "" when it is gone.
std::string scrape(int port) {
  test::Client client(static_cast<uint16_t>(port));
  if (!client.connected()) return {};
  client.send("GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n");
  std::string answer;
  while (!client.ended()) {
    pollfd readable{client.socket(), POLLIN, 0};
    if (poll(&readable, 1, 60'000) <= 0) break;
    answer += client.take();
  }
  return answer;
}

std::string last_words(const NodeProcess& node) {
  const std::string all = node.errors();
  return all.substr(all.size() - std::min<size_t>(all.size(), 3000));
}

struct Backend {
  const char* name;
  std::vector<std::string> arguments;
  bool direct_descriptors = false;
};

class Crowd : public testing::TestWithParam<Backend> {
 protected:
  Crowd() {
    char name[] = "/tmp/rollcall-crowd-XXXXXX";
    folder = mkdtemp(name);
    configure("info");
    for (const auto& entry :
         std::filesystem::directory_iterator(ROLLCALL_SOURCE "/tests/scenario")) {
      if (entry.path().extension() != ".txt") continue;
      // Written to the absent: no client can tell when that has arrived on the other shard, and on
      // a machine this busy the addressee is back before it.
      if (read_all(entry.path()).find("urn:xmpp:delay") != std::string::npos) continue;
      if (entry.path().filename() != "CMakeLists.txt") scenarios.push_back(entry.path());
    }
  }
  ~Crowd() override { std::filesystem::remove_all(folder); }

  void configure(const std::string& level) const {
    // Whole at any moment: the node may be reading it.
    std::ofstream(folder + "/next.toml")
        << kConfig
        << "[net]\ndirect_descriptors = " << (GetParam().direct_descriptors ? "true" : "false")
        << "\n[trace]\nlevel = \"" << level << "\"\n";
    std::filesystem::rename(folder + "/next.toml", folder + "/rollcall.toml");
  }
  std::string output(size_t number) const { return folder + "/clients" + std::to_string(number); }
  // Plays all scenarios once, one after another.
  void add_clients(const NodeProcess& node, const std::string& service) {
    std::vector<std::string> arguments{SCENARIO_RUN, "--quiet-ms", "30000", "--port",
                                       std::to_string(node.ports().at(service))};
    if (service == "xmpps") arguments.insert(arguments.end(), {"--direct-tls", "--on", "tls"});
    arguments.insert(arguments.end(), scenarios.begin(), scenarios.end());
    crowd.emplace_back(arguments, output(crowd.size()));
  }
  bool all_ended() {
    return std::all_of(crowd.begin(), crowd.end(), [](Child& child) { return child.ended(); });
  }
  // One of everything an operator does.
  void operate(const NodeProcess& node, int round) const {
    configure(round % 2 == 0 ? "debug" : "warn");
    const Finished reloaded = node.command({"reload"});
    EXPECT_EQ(reloaded.status, 0) << reloaded.output << last_words(node);
    EXPECT_NE(scrape(node.ports().at("http")).find("rollcall_sessions"), std::string::npos);
    EXPECT_EQ(node.command({"session", "list"}).status, 0);
    EXPECT_EQ(node.command({"status"}).status, 0);
    EXPECT_EQ(node.command({"session", "kick", "nobody-" + std::to_string(round)}).status, 4);
    EXPECT_EQ(node.command({"user", "list"}).status, 0);
    node.signal(SIGHUP);
  }

  std::string folder;
  std::vector<std::string> scenarios;
  std::vector<Child> crowd;
};

TEST_P(Crowd, LivesWithAnOperatorAndIsSentHome) {
  ASSERT_GT(scenarios.size(), 40u);
  NodeProcess node(folder);
  std::vector<std::string> arguments = GetParam().arguments;
  arguments.insert(arguments.end(), {"--shards", "2", "--demo"});
  if (!node.start(arguments)) {
    const std::string why = node.errors();
    if (why.find("io_uring is not available") != std::string::npos) GTEST_SKIP() << why;
    FAIL() << why;
  }
  const Child watcher({ROLLCALL, "--data", node.data(), "watch", "--jid", "alice"}, output(100));
  for (const char* service : {"xmpp", "xmpp", "xmpps"}) add_clients(node, service);
  for (int round = 0; !all_ended(); ++round) operate(node, round);
  for (size_t i = 0; i < crowd.size(); ++i) EXPECT_EQ(crowd[i].status(), 0) << read_all(output(i));
  crowd.clear();

  // Stops with clients in the middle of everything; scrapers hear the truth or nothing.
  const int http = node.ports().at("http");
  for (const char* service : {"xmpp", "xmpps"}) add_clients(node, service);
  ASSERT_TRUE(
      NodeProcess::wait([&] { return read_all(output(0)).find("ok ") != std::string::npos; }));
  node.signal(SIGTERM);
  EXPECT_TRUE(NodeProcess::wait([&] {
    (void)node.command({"reload"});
    return scrape(http).empty();
  }));
  EXPECT_EQ(node.join(), 0) << node.errors();
}

INSTANTIATE_TEST_SUITE_P(Backends, Crowd,
                         testing::Values(Backend{"automatic", {}},
                                         Backend{"epoll", {"--io", "epoll"}},
                                         Backend{"direct", {"--io", "uring"}, true}),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace appliance
