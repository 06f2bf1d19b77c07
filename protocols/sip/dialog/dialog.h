// A dialog (RFC 3261 §12): who the two are to each other, where requests go and which number the
// next one has. Made by whoever answers, or by what answers us; for a subscription also by the
// NOTIFY that comes before its 200 (RFC 6665 §4.1.2.4).
// Belongs to the shard that our tag names. Limits: below, counted as sip_dialogs_refused; a few
// hundred bytes each. Errors: false, and no dialog.
#pragma once

#include <cstdint>
#include <string>

#include "engine/base/bytes.h"
#include "protocols/sip/header/essentials.h"
#include "protocols/sip/header/writer.h"

namespace sip {

constexpr size_t kRoutesMax = 16;
constexpr size_t kDialogBytesMax = 4096;  // of all its text: peers choose it

struct Dialog {
  std::string call_id;
  std::string local;   // our address with our tag, as it stands in From of our requests
  std::string remote;  // theirs with their tag
  std::string local_tag;
  std::string remote_tag;     // may be empty: a peer of RFC 2543 (§12.1.1)
  std::string remote_target;  // a URI
  std::string routes;         // "<…>, <…>" in the order of our requests; empty: none
  uint32_t local_cseq = 0;
  uint32_t remote_cseq = 0;
  bool has_remote_cseq = false;
};

// We have got `request` and will answer it with `tag` (§12.1.1). Wants exactly one Contact.
[[nodiscard]] bool accept_dialog(const Message& request, const Essentials& essentials,
                                 base::Bytes tag, Dialog& out);
// We have sent a request, and this answers it with a tag and a Contact (§12.1.2).
[[nodiscard]] bool answered_dialog(const Message& response, const Essentials& essentials,
                                   Dialog& out);

// Is this request in it: Call-ID and both tags (§12.2.2)?
bool is_in(const Dialog& dialog, const Essentials& request);

enum class Order : uint8_t {
  next,   // remote_cseq and, of a target refresh request, remote_target now are the request's
  stale,  // a number from before: answer 500 (§12.2.2)
};
Order take_request(Dialog& dialog, const Message& request, const Essentials& essentials);

// Fills in all but Via and counts local_cseq up (§12.2.1.1). Views into `dialog`, and `scratch`
// where the first route is a strict router's (RFC 2543). An ACK or CANCEL is not made by this.
void fill_request(Dialog& dialog, base::Bytes method, std::string& scratch, Request& out);

// The ACK of the 2xx that our INVITE of this number was answered with (§13.2.2.4).
void fill_ack(Dialog& dialog, uint32_t invite, std::string& scratch, Request& out);

}  // namespace sip
