// The operator's commands: what each does to the node and what it answers. The list is
// commands.def; the wire is one line of JSON each way:
//   {"ok":true,"result":{…}}   {"ok":false,"code":"not-found","error":"one sentence"}
// Admin thread.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "appliance/admin/control.h"
#include "appliance/admin/request.h"
#include "appliance/json/json.h"
#include "engine/trace/watch.h"

namespace appliance {

// code: "usage", "not-found", "exists", "failed".
struct Failure {
  const char* code;
  std::string what;
};

struct CommandCall {
  Control& control;
  const AdminRequest& request;
  JsonWriter& out;                       // inside the result object
  std::unique_ptr<trace::Watch>& watch;  // set: the connection now streams records
  std::shared_ptr<void>& held;           // until the connection ends
};

struct Command {
  const char* name;
  const char* parameters;  // "jid [reason]"
  const char* help;
  std::optional<Failure> (*run)(CommandCall& call);
};

std::span<const Command> all_commands();

// The answer line, with its newline. `watch` and `held` are the connection's.
std::string answer_request(base::Bytes line, Control& control,
                           std::unique_ptr<trace::Watch>& watch, std::shared_ptr<void>& held);

}  // namespace appliance
