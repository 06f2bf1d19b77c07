// What a subscription is in words, as one block of bytes that is as small as it goes: there may be
// 100,000 of them. What one part tells of another is not kept twice, and addresses as nearly all of
// them look are kept without what is the same in each. In memory only; the journal has
// packed_dialog.h.
// Pure functions; any shard.
#pragma once

#include "engine/base/bytes.h"
#include "protocols/sip/dialog/dialog.h"

namespace sip {

// `identity`: the bare JID of who subscribes. The dialog's local tag is left out: its number tells.
void pack_texts(const Dialog& dialog, base::Bytes identity, base::Bytes event_id, base::Sink& out);

base::Bytes identity_of(base::Bytes block);
base::Bytes event_id_of(base::Bytes block);
// As it was, with this local tag. Numbers stay as they are.
void read_dialog(base::Bytes block, base::Bytes local_tag, Dialog& out);

}  // namespace sip
