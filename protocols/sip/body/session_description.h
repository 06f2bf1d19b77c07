// Session descriptions (SDP, RFC 8866) as far as sessions of messages need them: which of the media
// offered are messages that come inside of the SIP dialog, as Microsoft's servers have it
// ("m=message 5060 sip null"; older ones "m=x-ms-message"), and what is answered (RFC 3264).
// Views into the body. Pure functions; any shard. Limits: below; what is longer is no offer of
// ours.
#pragma once

#include <array>
#include <cstdint>

#include "engine/base/bytes.h"

namespace sip {

constexpr base::Bytes kSdp = "application/sdp";
constexpr size_t kSdpBytesMax = 8192;
constexpr size_t kMediaMax = 8;

struct Media {
  base::Bytes kind;       // "message", "audio", …
  base::Bytes transport;  // "sip", "RTP/AVP", "TCP/MSRP", …
  base::Bytes formats;    // the rest of the line
  bool refused = false;   // port 0
  bool is_messages() const;
};

struct SessionOffer {
  std::array<Media, kMediaMax> media;
  size_t count = 0;
  size_t messages = 0;  // which of them we take
};

// False: no session description, or without messages in the dialog.
[[nodiscard]] bool read_session_offer(base::Bytes body, SessionOffer& out);

// The answer: its messages, nothing else of it. `sent_by` is our host, or host:port, which SIP
// knows anyway; `version` as in `o=`.
void write_session_answer(const SessionOffer& offer, base::Bytes sent_by, uint64_t version,
                          base::Sink& out);
void write_session_offer(base::Bytes sent_by, uint64_t version, base::Sink& out);

}  // namespace sip
