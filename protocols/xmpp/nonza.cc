#include "protocols/xmpp/nonza.h"

#include <charconv>

#include "protocols/xmpp/namespaces.h"

namespace xmpp {

void append_number(uint64_t number, std::string& out) {
  char digits[20];
  const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  out.append(digits, end);
}

bool parse_number(base::Bytes text, uint32_t& out) {
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, out);
  return error == std::errc() && rest == end && !text.empty();
}

std::string failed_nonza(base::Bytes condition) {
  std::string xml = "<failed xmlns='urn:xmpp:sm:3'><";
  xml.append(condition).append(" xmlns='").append(ns::kStanzas).append("'/></failed>");
  return xml;
}

std::string too_high(uint32_t h, uint32_t sent) {
  std::string xml = "<handled-count-too-high xmlns='urn:xmpp:sm:3' h='";
  append_number(h, xml);
  xml.append("' send-count='");
  append_number(sent, xml);
  xml.append("'/>");
  return xml;
}

}  // namespace xmpp
