// Numbers as bodies have them: plain decimals.
// Pure functions; any shard.
#pragma once

#include <cstdint>

#include "engine/base/bytes.h"

namespace sip {

void write_number(uint32_t number, base::Sink& out);
void write_number_attribute(base::Bytes name, uint32_t number, base::Sink& out);  // ` name='7'`

}  // namespace sip
