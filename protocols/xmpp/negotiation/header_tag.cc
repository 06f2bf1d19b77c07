#include "protocols/xmpp/negotiation/header_tag.h"

namespace xmpp {

namespace {

constexpr base::Bytes kSpace = " \t\r\n";

bool is_digits(base::Bytes text) {
  return !text.empty() && text.find_first_not_of("0123456789") == base::Bytes::npos;
}

}  // namespace

base::Bytes default_namespace(base::Bytes tag) {
  size_t at = tag.find_first_of(kSpace);
  while (at != base::Bytes::npos) {
    at = tag.find_first_not_of(kSpace, at);
    if (at == base::Bytes::npos) break;
    const size_t equals = tag.find('=', at);
    if (equals == base::Bytes::npos) break;
    const size_t open = tag.find_first_of("'\"", equals);
    if (open == base::Bytes::npos) break;
    const size_t close = tag.find(tag[open], open + 1);
    if (close == base::Bytes::npos) break;
    base::Bytes name = tag.substr(at, equals - at);
    name = name.substr(0, name.find_first_of(kSpace));
    if (name == "xmlns") return tag.substr(open + 1, close - open - 1);
    at = close + 1;
  }
  return {};
}

bool is_version_1(base::Bytes version) {
  const size_t dot = version.find('.');
  if (dot == base::Bytes::npos) return false;
  base::Bytes major = version.substr(0, dot);
  if (!is_digits(major) || !is_digits(version.substr(dot + 1))) return false;
  const size_t first = major.find_first_not_of('0');
  return first != base::Bytes::npos && major.substr(first) == "1";
}

}  // namespace xmpp
