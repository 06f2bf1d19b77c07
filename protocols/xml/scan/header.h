// What may stand before a stream's first tag, and what is kept of that tag. Pure functions.
// Any shard; nothing is kept of what they are given.
#pragma once

#include <cstdint>

#include "engine/base/bytes.h"
#include "protocols/xml/limits.h"
#include "protocols/xml/scan/tape.h"

namespace xml {

// An XML declaration at the front of `in` and white space behind it. ok: `size` bytes are done.
// `in` holds everything up to the '>' of the stream's tag.
Verdict parse_prolog(base::Bytes in, uint32_t& size);

// The header's qualified name and namespace declarations, to be kept: see declarations.h. False:
// more than kDeclarationBytesMax.
[[nodiscard]] bool summarise_header(Tape& tape, base::Sink& out);

// `in` is `</…>`: does it close the element called `name`?
bool closes(base::Bytes in, base::Bytes name);

}  // namespace xml
