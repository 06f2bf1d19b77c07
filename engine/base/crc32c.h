// CRC32C (Castagnoli), the checksum of what we keep on disk: finds every single burst of up to 32
// bits. By the CPU's own instruction where there is one, else by a table.
// Any thread.
#pragma once

#include <cstdint>

#include "engine/base/bytes.h"

namespace base {

// Of `data`, continuing from `crc`: crc32c(crc32c(0, a), b) is that of a and b together.
uint32_t crc32c(uint32_t crc, Bytes data);

// The way without the instruction, for the test that both agree.
uint32_t crc32c_by_table(uint32_t crc, Bytes data);

}  // namespace base
