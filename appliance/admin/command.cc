#include "appliance/admin/command.h"

#include <sstream>

#include "appliance/admin/commands.h"
#include "engine/trace/trace.h"

namespace appliance {
namespace {

constexpr Command kCommands[] = {
#define COMMAND(function, name, parameters, help) {name, parameters, help, commands::function},
#include "appliance/admin/commands.def"
#undef COMMAND
};

std::string failure_line(const Failure& failure) {
  std::string line;
  JsonWriter(line)
      .begin_object()
      .flag("ok", false)
      .member("code", failure.code)
      .member("error", failure.what)
      .end_object();
  return line + "\n";
}

// Every parameter that is not in brackets must be there, and nothing else may be.
std::optional<Failure> check_arguments(const Command& command, const AdminRequest& request) {
  std::istringstream words(command.parameters);
  size_t known = 0;
  for (std::string word; words >> word;) {
    const bool optional = word.front() == '[';
    if (optional) word = word.substr(1, word.size() - 2);
    known += request.arguments.contains(word) ? 1 : 0;
    if (!optional && request.argument(word).empty()) {
      return Failure{"usage", std::string(command.name) + " needs " + word};
    }
  }
  if (known != request.arguments.size()) {
    return Failure{"usage", std::string(command.name) + " takes only: " + command.parameters};
  }
  return std::nullopt;
}

}  // namespace

std::span<const Command> all_commands() { return kCommands; }

std::string answer_request(base::Bytes line, Control& control, std::unique_ptr<trace::Watch>& watch,
                           std::shared_ptr<void>& held) {
  const auto request = parse_request(line);
  if (!request) return failure_line({"usage", request.error().what});
  for (const Command& command : kCommands) {
    if (request->command != command.name) continue;
    if (auto failure = check_arguments(command, *request)) return failure_line(*failure);
    // Arguments may hold passwords: only the command's name and whom it concerns are logged.
    TRACE(admin, info, "command", {"command", request->command}, {"jid", request->argument("jid")});
    std::string answer;
    JsonWriter out(answer);
    out.begin_object().flag("ok", true).key("result").begin_object();
    CommandCall call{control, *request, out, watch, held};
    if (auto failure = command.run(call)) return failure_line(*failure);
    out.end_object().end_object();
    return answer + "\n";
  }
  return failure_line({"usage", "there is no command \"" + request->command + "\""});
}

}  // namespace appliance
