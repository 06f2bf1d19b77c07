// A dialog as one block of bytes, in memory and in the journal: there may be 100,000 of them.
// Without the numbers of its requests, which change, and without what its other parts tell.
// Pure functions; any shard. Limits: kDialogBytesMax.
#pragma once

#include "engine/base/bytes.h"
#include "protocols/sip/dialog/dialog.h"

namespace sip {

void pack_dialog(const Dialog& dialog, base::Sink& out);
// False: no such block. Numbers stay as they are.
[[nodiscard]] bool unpack_dialog(base::Bytes in, Dialog& out);

// Of "<uri>;tag=…"; "" where there is none.
base::Bytes tag_of(base::Bytes party);

}  // namespace sip
