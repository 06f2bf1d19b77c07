#include "protocols/gateway/binding.h"

#include <charconv>

namespace gateway {
namespace {

base::Bytes take_line(base::Bytes& rest) {
  const size_t end = rest.find('\n');
  const base::Bytes line = rest.substr(0, end);
  rest.remove_prefix(end == base::Bytes::npos ? rest.size() : end + 1);
  return line;
}

template <class Number>
bool take_number(base::Bytes& rest, Number& out) {
  const base::Bytes line = take_line(rest);
  const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), out);
  return error == std::errc() && end == line.data() + line.size();
}

}  // namespace

std::string pack(const Binding& binding) {
  std::string out;
  for (const std::string* text : {&binding.account, &binding.contact, &binding.call_id}) {
    out.append(*text).append("\n");
  }
  for (const int64_t number : {int64_t{binding.cseq}, int64_t{binding.q}, binding.until.us,
                               int64_t{binding.remote.port}}) {
    out.append(std::to_string(number)).append("\n");
  }
  base::append_address(binding.remote, out);
  return out;
}

bool unpack(base::Bytes bytes, Binding& out) {
  out.account = take_line(bytes);
  out.contact = take_line(bytes);
  out.call_id = take_line(bytes);
  uint16_t port = 0;
  if (!take_number(bytes, out.cseq) || !take_number(bytes, out.q) ||
      !take_number(bytes, out.until.us) || !take_number(bytes, port)) {
    return false;
  }
  out.remote = base::parse_address(bytes, port);
  return out.remote && !out.account.empty() && !out.contact.empty();
}

}  // namespace gateway
