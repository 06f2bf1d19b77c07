// A roster: the contacts of one user and the state of the subscription to each (RFC 6121 §2, §3).
// Compact, because every online user carries one: 24 bytes a contact plus its strings.
// Belongs to a User; that user's shard only.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/base/bytes.h"
#include "engine/base/packed_string.h"
#include "protocols/jid/jid.h"

namespace im {

struct Contact {
  base::PackedString jid;       // bare (or a full/domain JID, if the user added one), normalised
  base::PackedString details;   // name and groups, packed: see roster.cc
  bool to : 1 = false;          // we receive their presence
  bool from : 1 = false;        // they receive ours
  bool ask : 1 = false;         // our request is pending (ask='subscribe')
  bool approved : 1 = false;    // pre-approved (RFC 6121 §3.4)
  bool pending_in : 1 = false;  // their request waits for our answer
  bool listed : 1 = false;      // false: only a pending request, not in the roster the client sees

  base::Bytes name() const;
  std::vector<base::Bytes> groups() const;
  static base::PackedString pack(base::Bytes name, const std::vector<base::Bytes>& groups);
  uint8_t flags() const;              // StoredContact::flags
  void set_flags(uint8_t flags);
  // `none`, `to`, `from` or `both` (RFC 6121 §2.1.2.5).
  base::Bytes subscription() const;
};

class Roster {
 public:
  Contact* find(base::Bytes jid);
  const Contact* find(base::Bytes jid) const;
  // Find or create, unlisted. Invalidates every Contact pointer taken before.
  Contact& add(base::Bytes jid);
  void remove(base::Bytes jid);
  size_t listed_count() const { return listed_; }
  void set_listed(Contact& contact, bool listed);
  // The stanza of a pending subscription request, packed (RFC 6121 §3.1.3, rule 4); "" if none.
  base::Bytes request(base::Bytes jid) const;
  void set_request(base::Bytes jid, base::Bytes packed);   // "" forgets it
  size_t request_count() const { return requests_.size(); }
  std::vector<Contact>& contacts() { return contacts_; }
  const std::vector<Contact>& contacts() const { return contacts_; }
  uint64_t version = 0;                          // XEP-0237: grows with every change

 private:
  struct Request {
    base::PackedString jid;
    base::PackedString stanza;
  };

  std::vector<Contact> contacts_;                // sorted by JID
  std::vector<Request> requests_;                // few, hence apart from the contacts
  size_t listed_ = 0;
};

}  // namespace im
