// Why a message is refused, and what a request so refused is answered with.
// Values; any shard.
#pragma once

#include <cstdint>

#include "engine/base/bytes.h"

namespace sip {

enum class Fault : uint8_t {
  none,
#define FAULT(name, status, reason) name,
#include "protocols/sip/message/faults.def"
#undef FAULT
};

uint16_t status_of(Fault fault);     // fault is not none
base::Bytes reason_of(Fault fault);  // the reason phrase that goes with it
void count(Fault fault);             // in the counters of engine/trace; none counts nothing

}  // namespace sip
