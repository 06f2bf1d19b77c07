// SIP URIs, two of them with a line end between: what is found lies inside; comparison is symmetric
// and every URI equals itself; the address of record stays the same when it is made of itself.
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>

#include "protocols/sip/message/uri.h"

namespace {

using base::Bytes;

void require(bool condition) {
  if (!condition) std::abort();
}

bool inside(Bytes part, Bytes whole) {
  return part.empty() ||
         (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

void check_parameters(const sip::Uri& uri, Bytes text, char separator) {
  Bytes rest = text;
  Bytes name;
  Bytes value;
  while (sip::next_uri_parameter(rest, name, value, separator)) {
    require(inside(name, text) && inside(value, text));
    if (separator != ';') continue;
    bool found = false;
    const Bytes first = sip::uri_parameter(uri, name, found);
    require(found && inside(first, text) && sip::has_uri_parameter(uri, name));
  }
}

void check_address_of_record(const sip::Uri& uri) {
  std::string record;
  if (!sip::append_address_of_record(uri, record) || !uri.is_sip()) return;
  std::string again = "sip:";
  if (uri.has_user) {
    std::string user;
    require(sip::unescape(uri.user, user));
    sip::escape_user(user, again);
    again.push_back('@');
  }
  again.append(uri.host);
  sip::Uri second;
  require(sip::parse_uri(again, second) && second.has_user == uri.has_user);
  std::string same;
  require(sip::append_address_of_record(second, same) && same == record);
}

bool check(Bytes text, sip::Uri& uri) {
  if (!sip::parse_uri(text, uri)) return false;
  require(uri.text == text);
  for (const Bytes part :
       {uri.scheme_name, uri.user, uri.password, uri.host, uri.parameters, uri.headers}) {
    require(inside(part, text));
  }
  require(!uri.has_user || !uri.user.empty());
  if (uri.is_sip()) {
    require(!uri.host.empty());
    check_parameters(uri, uri.parameters, ';');
    check_parameters(uri, uri.headers, '&');
  }
  require(sip::equal_uris(uri, uri));
  check_address_of_record(uri);
  return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  // An exact-fit block each: the sanitizer sees every byte read behind it.
  const Bytes in(reinterpret_cast<const char*>(data), size);
  const Bytes one = in.substr(0, in.find('\n'));
  const Bytes other = one.size() == in.size() ? Bytes() : in.substr(one.size() + 1);
  const std::unique_ptr<char[]> first(new char[one.size()]);
  const std::unique_ptr<char[]> second(new char[other.size()]);
  if (!one.empty()) std::memcpy(first.get(), one.data(), one.size());
  if (!other.empty()) std::memcpy(second.get(), other.data(), other.size());
  sip::Uri a;
  sip::Uri b;
  if (!check({first.get(), one.size()}, a) || !check({second.get(), other.size()}, b)) return 0;
  require(sip::equal_uris(a, b) == sip::equal_uris(b, a));
  return 0;
}
