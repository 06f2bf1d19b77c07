#include "protocols/gateway/registration.h"

#include <algorithm>

#include "engine/base/check.h"
#include "engine/base/datetime.h"
#include "protocols/sip/header/address.h"
#include "protocols/sip/header/number.h"
#include "protocols/sip/message/uri.h"

namespace gateway {
namespace {

constexpr uint32_t kNotSaid = Registration::kExpiresMax;

bool read_contact(base::Bytes element, sip::Contact& contact) {
  sip::Uri uri;
  if (!sip::parse_contact(element, contact)) return false;
  return contact.star || (sip::parse_uri(contact.address.uri, uri) && uri.is_sip());
}

}  // namespace

uint16_t read_registration(const sip::Message& message, Registration& out) {
  out = {};
  uint32_t expires = 0;
  const sip::Read said = sip::read_expires(message, expires);
  if (said != sip::Read::ok) expires = kNotSaid;  // §10.3: what is malformed was not given
  bool star = false;
  sip::ListReader list(message, sip::HeaderId::contact);
  for (base::Bytes element; list.next(element);) {
    sip::Contact contact;
    if (!read_contact(element, contact)) return 400;
    star = star || contact.star;
    const uint32_t wanted = contact.has_expires ? contact.expires : expires;
    if (wanted != 0 && wanted < Registration::kExpiresMin) return 423;
    out.contacts.push_back(
        {std::string(contact.address.uri), contact.q, std::min(wanted, Registration::kExpiresMax)});
  }
  if (!star) return 0;
  // §10.3 step 6: alone, and to end them all.
  if (out.contacts.size() != 1 || said != sip::Read::ok || expires != 0) return 400;
  out.contacts.clear();
  out.all_go = true;
  return 0;
}

void append_date(base::WallTime now, base::Sink& out) {
  static constexpr const char* kDays[] = {"Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"};
  static constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  std::string text;  // 1994-11-06T08:49:37Z
  base::format_datetime(now, base::Fraction::none, text);
  CHECK(text.size() == 20);
  const int64_t days = std::max<int64_t>(now.seconds(), 0) / 86400;
  const int month = (text[5] - '0') * 10 + text[6] - '0';
  CHECK(month >= 1 && month <= 12);
  out.append(kDays[days % 7]).append(", ").append(text, 8, 2).append(" ");
  out.append(kMonths[month - 1]).append(" ").append(text, 0, 4).append(" ");
  out.append(text, 11, 8).append(" GMT");
}

}  // namespace gateway
