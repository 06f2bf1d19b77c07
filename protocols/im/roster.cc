#include "protocols/im/roster.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

#include "engine/base/check.h"

namespace im {
namespace {

// Contact::details: a length of two octets before the name and each group. Empty: neither.
void append_piece(base::Bytes text, std::string& out) {
  CHECK(text.size() <= UINT16_MAX);
  const auto length = static_cast<uint16_t>(text.size());
  out.append(reinterpret_cast<const char*>(&length), sizeof length);
  out.append(text);
}

// Takes a piece off the front. What the store hands back may be damaged: then there is no more.
bool take_piece(base::Bytes& in, base::Bytes& out) {
  uint16_t length = 0;
  if (in.size() < sizeof length) return false;
  std::memcpy(&length, in.data(), sizeof length);
  in.remove_prefix(sizeof length);
  if (in.size() < length) return false;
  out = in.substr(0, length);
  in.remove_prefix(length);
  return true;
}

enum Bit : uint8_t { kTo = 1, kFrom = 2, kAsk = 4, kApproved = 8, kPendingIn = 16, kListed = 32 };

constexpr auto before = [](const auto& entry, base::Bytes jid) { return entry.jid.view() < jid; };

}  // namespace

base::Bytes Contact::name() const {
  base::Bytes rest = details.view();
  base::Bytes out;
  return take_piece(rest, out) ? out : base::Bytes();
}

std::vector<base::Bytes> Contact::groups() const {
  std::vector<base::Bytes> out;
  base::Bytes rest = details.view();
  base::Bytes piece;
  if (!take_piece(rest, piece)) return out;
  while (take_piece(rest, piece)) out.push_back(piece);
  return out;
}

base::PackedString Contact::pack(base::Bytes name, const std::vector<base::Bytes>& groups) {
  if (name.empty() && groups.empty()) return {};
  std::string out;
  append_piece(name, out);
  for (const base::Bytes group : groups) append_piece(group, out);
  return base::PackedString(out);
}

uint8_t Contact::flags() const {
  return static_cast<uint8_t>((to ? kTo : 0) | (from ? kFrom : 0) | (ask ? kAsk : 0) |
                              (approved ? kApproved : 0) | (pending_in ? kPendingIn : 0) |
                              (listed ? kListed : 0));
}

void Contact::set_flags(uint8_t flags) {
  to = (flags & kTo) != 0;
  from = (flags & kFrom) != 0;
  ask = (flags & kAsk) != 0;
  approved = (flags & kApproved) != 0;
  pending_in = (flags & kPendingIn) != 0;
  listed = (flags & kListed) != 0;
}

base::Bytes Contact::subscription() const {
  if (to && from) return "both";
  if (to) return "to";
  return from ? "from" : "none";
}

const Contact* Roster::find(base::Bytes jid) const {
  const auto place = std::lower_bound(contacts_.begin(), contacts_.end(), jid, before);
  return place != contacts_.end() && place->jid.view() == jid ? &*place : nullptr;
}

Contact* Roster::find(base::Bytes jid) {
  return const_cast<Contact*>(std::as_const(*this).find(jid));
}

Contact& Roster::add(base::Bytes jid) {
  CHECK(!jid.empty());
  const auto place = std::lower_bound(contacts_.begin(), contacts_.end(), jid, before);
  if (place != contacts_.end() && place->jid.view() == jid) return *place;
  Contact contact;
  contact.jid = base::PackedString(jid);
  const auto added = contacts_.insert(place, std::move(contact));
  // The neighbours show when the order is lost that every search relies on.
  CHECK(added == contacts_.begin() || before(*(added - 1), jid));
  CHECK(added + 1 == contacts_.end() || jid < (added + 1)->jid.view());
  return *added;
}

void Roster::remove(base::Bytes jid) {
  set_request(jid, {});
  const auto place = std::lower_bound(contacts_.begin(), contacts_.end(), jid, before);
  if (place == contacts_.end() || place->jid.view() != jid) return;
  if (place->listed) {
    CHECK(listed_ > 0);
    --listed_;
  }
  contacts_.erase(place);
  CHECK(listed_ <= contacts_.size() && requests_.size() <= contacts_.size());
}

void Roster::set_listed(Contact& contact, bool listed) {
  CHECK(&contact >= contacts_.data() && &contact < contacts_.data() + contacts_.size());
  if (contact.listed == listed) return;
  CHECK(listed || listed_ > 0);
  contact.listed = listed;
  listed_ += listed ? 1 : -1;
  CHECK(listed_ <= contacts_.size());
}

base::Bytes Roster::request(base::Bytes jid) const {
  for (const Request& request : requests_) {
    if (request.jid.view() == jid) return request.stanza.view();
  }
  return {};
}

void Roster::set_request(base::Bytes jid, base::Bytes packed) {
  if (!packed.empty()) {
    const Contact* asks = find(jid);
    CHECK(asks != nullptr && asks->pending_in);
  }
  const auto place = std::find_if(requests_.begin(), requests_.end(),
                                  [&](const Request& entry) { return entry.jid.view() == jid; });
  if (place == requests_.end()) {
    if (!packed.empty()) requests_.push_back({base::PackedString(jid), base::PackedString(packed)});
  } else if (packed.empty()) {
    requests_.erase(place);
  } else {
    place->stanza = base::PackedString(packed);
  }
}

}  // namespace im
