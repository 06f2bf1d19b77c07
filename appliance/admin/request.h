// One request on the admin socket: a line of JSON, one flat object of strings, with the command's
// name in "command": {"command":"user passwd","jid":"a@b","password":"…"}
// Admin thread; a line of at most 64 KiB, at most 16 members.
#pragma once

#include <map>
#include <string>

#include "engine/base/bytes.h"
#include "engine/base/result.h"

namespace appliance {

constexpr size_t kRequestBytesMax = 65536;
constexpr size_t kRequestMembersMax = 16;

struct AdminRequest {
  std::string command;
  std::map<std::string, std::string> arguments;
  // "" if absent.
  const std::string& argument(const std::string& name) const;
};

base::Result<AdminRequest> parse_request(base::Bytes line);

}  // namespace appliance
