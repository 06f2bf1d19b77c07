#include "appliance/admin/request.h"

#include <simdjson.h>

namespace appliance {

const std::string& AdminRequest::argument(const std::string& name) const {
  static const std::string nothing;
  const auto found = arguments.find(name);
  return found == arguments.end() ? nothing : found->second;
}

base::Result<AdminRequest> parse_request(base::Bytes line) {
  if (line.size() > kRequestBytesMax) return base::Error{"the request is too long"};
  simdjson::dom::parser parser;
  simdjson::dom::object object;
  if (parser.parse(line.data(), line.size()).get(object) != simdjson::SUCCESS) {
    return base::Error{"the request is not a JSON object"};
  }
  AdminRequest request;
  for (const auto member : object) {
    std::string_view value;
    if (member.value.get(value) != simdjson::SUCCESS) {
      return base::Error{"member \"" + std::string(member.key) + "\" is not a string"};
    }
    const bool fresh = member.key == "command"
                           ? request.command.empty()
                           : !request.arguments.contains(std::string(member.key));
    if (!fresh) return base::Error{"member \"" + std::string(member.key) + "\" comes twice"};
    if (member.key == "command") {
      request.command = value;
    } else {
      request.arguments.emplace(member.key, value);
    }
    if (request.arguments.size() > kRequestMembersMax) return base::Error{"too many members"};
  }
  if (request.command.empty()) return base::Error{"the request names no command"};
  return request;
}

}  // namespace appliance
