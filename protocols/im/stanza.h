// A stanza as both wires and the router see it: addresses, kind, type, and the content byte for
// byte. Views only; valid during the call that receives it. pack() makes the one copy that crosses
// a shard's border.
#pragma once

#include <cstdint>

#include "engine/base/bytes.h"
#include "engine/seam/envelope.h"
#include "protocols/im/archive/message_id.h"
#include "protocols/jid/jid.h"

namespace im {

enum class StanzaKind : uint8_t { message, presence, iq };

enum class StanzaType : uint8_t {
  normal, chat, groupchat, headline,                        // message (RFC 6121 §5.2.2)
  available, unavailable, subscribe, subscribed,            // presence (RFC 6121 §4.7.1)
  unsubscribe, unsubscribed, probe,
  get, set, result,                                         // iq (RFC 6120 §8.2.3)
  error,                                                    // all three
};

// Facts read from the content once, by the wire that scanned it, so that the router need not.
struct Facts {
  bool body : 1 = false;             // message with <body/>
  bool no_copy : 1 = false;          // XEP-0334 <no-copy/>
  bool no_store : 1 = false;         // XEP-0334 <no-store/>, <no-permanent-store/>
  bool store : 1 = false;            // XEP-0334 <store/>
  bool carbon_private : 1 = false;   // XEP-0280 <private/>
  bool carbon_eligible : 1 = false;  // XEP-0280 §6: body, receipt, marker, chat state, …
  bool carbon_wrapped : 1 = false;   // already a <sent/> or <received/>
  bool muc_private : 1 = false;      // <x xmlns='…muc#user'/>
  bool chat_state_only : 1 = false;  // XEP-0085 without body: never stored (XEP-0160 §3)
  bool urgent : 1 = false;           // must not be held back by CSI (XEP-0352)
  bool direct : 1 = false;           // directed presence rather than broadcast
  bool delayed : 1 = false;          // carries our own delay stamp: from offline storage
  bool archived : 1 = false;         // has been here before: archived, copied; set by the realm
};

constexpr int16_t kBadPriority = INT16_MAX;  // <priority/> is there but not a number we can hold

struct Stanza {
  StanzaKind kind = StanzaKind::message;
  StanzaType type = StanzaType::normal;
  Facts facts;
  jid::JidView from;                 // stamped by the server; full JID of a client, or bare
  jid::JidView to;                   // empty: addressed to nobody
  base::Bytes id;                    // decoded
  base::Bytes lang;                  // xml:lang, decoded
  base::Bytes attributes;            // Element::forwarded_attributes
  base::Bytes payload;               // the children, byte for byte
  base::Bytes status;                // presence: the first <status/>, decoded; "" if none
  MessageId message_id;              // given by the realm that accepts the message, kept for good
  uint64_t stored_id = 0;            // a stored message on its way to a resource; 0: any other
  int16_t priority = 0;              // presence: <priority/>, 0 if absent (RFC 6121 §4.7.2.3);
                                     // the realm refuses what is outside -128..127
};

// Whether stanzas of this kind can have this type at all.
bool fits(StanzaKind kind, StanzaType type);
base::Bytes type_name(StanzaType type);   // "" for normal messages and available presence
// False: no such type for this kind (message: unknown reads as normal, RFC 6121 §5.2.2).
[[nodiscard]] bool parse_type(StanzaKind kind, base::Bytes text, StanzaType& out);

// `<message from='…' to='…' …>payload</message>` with the given recipient. `account` is the one it
// is written to: its stanza-id (XEP-0359) is added, unless that is "" or the message has no id.
void write(const Stanza& stanza, const jid::JidView& to, base::Bytes account, base::Sink& out);

// A stanza as one block of bytes, for mail between shards and for the store. unpack() gives views
// of `in`; false: not such a block, or of another version (`out` is then unspecified).
size_t packed_size(const Stanza& stanza);
void pack(const Stanza& stanza, char* out);          // exactly packed_size() bytes
void pack(const Stanza& stanza, base::Sink& out);    // appends
[[nodiscard]] bool unpack(base::Bytes in, Stanza& out);

}  // namespace im
