#include "engine/seam/envelope.h"

#include <cstdlib>
#include <new>

#include "engine/base/check.h"

namespace engine {

EnvelopePtr make_envelope(uint32_t payload_size) {
  void* block = std::malloc(sizeof(Envelope) + payload_size);
  CHECK(block != nullptr);
  auto* envelope = new (block) Envelope{};
  envelope->size = payload_size;
  return EnvelopePtr(envelope);
}

void EnvelopeDelete::operator()(Envelope* envelope) const {
  CHECK(envelope != nullptr);
  envelope->~Envelope();
  std::free(envelope);
}

}  // namespace engine
