// Records as logfmt lines: time=2026-11-22T09:46:26.000001Z level=info component=sasl event=login …
// Whatever a peer chose is quoted and escaped so that it can neither end the line nor steer the
// terminal it is read on.
// Any thread.
#pragma once

#include "engine/base/bytes.h"

namespace trace {

// Appends one line with its newline. At most 6 bytes out for each byte of text in the record.
void append_line(const char* record, base::Sink& out);
// Appends a value: bare if it is plain, else in quotes with escapes (\n, \", \u0007, …).
void append_value(base::Bytes text, bool truncated, base::Sink& out);

}  // namespace trace
