// rollcall: the operator's command. Commands of commands.def go to the node's admin socket;
// `check config`, `journal` and `plan` need no node, `backup` and `restore` may do without.
#include <simdjson.h>

#include <cstdio>

#include "appliance/cli/arguments.h"
#include "appliance/cli/backup_command.h"
#include "appliance/cli/client.h"
#include "appliance/cli/journal_report.h"
#include "appliance/cli/password.h"
#include "appliance/cli/plan_command.h"
#include "appliance/cli/render.h"
#include "appliance/config/config.h"
#include "appliance/config/schema.h"
#include "appliance/json/json.h"

namespace appliance {
namespace {

void print(const std::string& text) { std::fwrite(text.data(), 1, text.size(), stdout); }

int fail(const OperatorCall& call, const char* code, const std::string& what, int status) {
  if (call.json) {
    std::string line;
    JsonWriter(line).begin_object().member("code", code).member("error", what).end_object();
    print(line + "\n");
  } else {
    std::fprintf(stderr, "rollcall: %s\n", what.c_str());
  }
  return status;
}

int exit_status(std::string_view code) {
  if (code == "usage") return kExitUsage;
  if (code == "not-found") return kExitNotFound;
  return code == "exists" ? kExitExists : kExitFailed;
}

int check_config(const OperatorCall& call) {
  if (call.example) return print(example_config()), kExitOk;
  if (call.manual) return print(manual_keys()), kExitOk;
  const LoadedConfig loaded = load_config_file(call.file);
  if (call.json) {
    std::string line;
    JsonWriter out(line);
    out.begin_object().member("file", call.file).flag("correct", loaded.problems.empty());
    out.key("problems").begin_array();
    for (const Problem& problem : loaded.problems) {
      out.begin_object().member("line", problem.line).member("column", problem.column);
      out.member("message", problem.message).member("remedy", problem.remedy).end_object();
    }
    out.end_array().end_object();
    print(line + "\n");
  } else if (loaded.problems.empty()) {
    print(call.file + " is correct\n");
  } else {
    std::fprintf(stderr, "%s\n", describe(loaded.problems, call.file).c_str());
  }
  return loaded.problems.empty() ? kExitOk : kExitFailed;
}

int journal(const OperatorCall& call) {
  const auto report = report_on_journal(call.folder, call.command == "journal repair", call.json);
  if (!report) return fail(call, "failed", report.error().what, kExitFailed);
  print(report->text);
  return report->damaged ? kExitFailed : kExitOk;
}

int show_outcome(const OperatorCall& call, const Outcome& outcome) {
  if (outcome.status != kExitOk) return fail(call, outcome.code, outcome.text, outcome.status);
  print(call.json ? outcome.text + "\n" : render(outcome.text));
  return kExitOk;
}

// Records until the node hangs up or the operator has seen enough (Ctrl-C).
int follow(AdminClient& client, bool json) {
  simdjson::dom::parser parser;
  while (true) {
    const auto line = client.receive();
    if (!line) return kExitOk;
    simdjson::dom::object record;
    std::string_view text;
    int64_t lost = 0;
    if (json || parser.parse(*line).get(record) != simdjson::SUCCESS) {
      print(*line + "\n");
    } else if (record["record"].get(text) == simdjson::SUCCESS) {
      print(std::string(text) + "\n");
    } else if (record["lost"].get(lost) == simdjson::SUCCESS) {
      print("(" + std::to_string(lost) + " records were lost here)\n");
    }
    std::fflush(stdout);
  }
}

int show_answer(const OperatorCall& call, const std::string& line, const std::string& password) {
  simdjson::dom::parser parser;
  simdjson::dom::object answer;
  bool ok = false;
  if (parser.parse(line).get(answer) != simdjson::SUCCESS ||
      answer["ok"].get(ok) != simdjson::SUCCESS) {
    return fail(call, "failed", "the node's answer makes no sense", kExitFailed);
  }
  if (!ok) {
    std::string_view code;
    std::string_view what;
    if (answer["code"].get(code) != simdjson::SUCCESS ||
        answer["error"].get(what) != simdjson::SUCCESS) {
      return fail(call, "failed", "the node refused without a reason", kExitFailed);
    }
    return fail(call, std::string(code).c_str(), std::string(what), exit_status(code));
  }
  std::string result = simdjson::minify(answer["result"]);
  if (call.wants_password && call.password == PasswordFrom::generate) {
    result.pop_back();
    JsonWriter out(result += ",");
    out.member("password", password);
    result += '}';
  }
  print(call.json ? result + "\n" : render(result));
  std::fflush(stdout);
  return kExitOk;
}

int call_node(const OperatorCall& call) {
  AdminClient client;
  if (auto connected = client.connect(call.socket); !connected) {
    return fail(call, "not-running", connected.error().what, kExitNotRunning);
  }
  std::string request;
  std::string password;
  JsonWriter out(request);
  out.begin_object().member("command", call.command);
  for (const auto& [name, value] : call.arguments) out.member(name, value);
  if (call.wants_password) {
    auto got = get_password(call.password);
    if (!got) return fail(call, "usage", got.error().what, kExitUsage);
    password = std::move(*got);
    out.member("password", password);
  }
  out.end_object();
  if (auto sent = client.send(request + "\n"); !sent) {
    return fail(call, "failed", sent.error().what, kExitFailed);
  }
  const auto answer = client.receive();
  if (!answer) return fail(call, "failed", answer.error().what, kExitFailed);
  const int status = show_answer(call, *answer, password);
  return call.command == "watch" && status == kExitOk ? follow(client, call.json) : status;
}

}  // namespace
}  // namespace appliance

int main(int argc, char** argv) {
  appliance::OperatorCall call;
  if (const auto status = appliance::parse_operator_arguments(argc, argv, call)) return *status;
  if (call.command == "check config") return appliance::check_config(call);
  if (!call.folder.empty()) return appliance::journal(call);
  if (call.command == "backup") return appliance::show_outcome(call, appliance::back_up(call));
  if (call.command == "restore") return appliance::show_outcome(call, appliance::restore(call));
  if (call.command == "plan") {
    return appliance::show_outcome(call, appliance::plan_deployment(call.plan));
  }
  return appliance::call_node(call);
}
