// A stream, whole and cut into pieces: the same events, the same verdict. The first byte says how
// it is cut.
#include <cstdlib>

#include "tests/fuzz/xml_events.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const size_t step = data[0] % 64 + size_t{1};
  const base::Bytes stream(reinterpret_cast<const char*>(data) + 1, size - 1);
  std::vector<size_t> cuts;
  for (size_t at = step; at < stream.size(); at += step) cuts.push_back(at);
  xml::Limits limits;
  limits.stanza_bytes = 1024;
  limits.depth = 16;
  limits.attributes = 16;
  limits.name_bytes = 64;
  const fuzz::Story whole = fuzz::read_ours(stream, {}, limits);
  const fuzz::Story cut = fuzz::read_ours(stream, cuts, limits);
  if (whole.stanzas != cut.stanzas) std::abort();
  const bool waits = whole.ending == fuzz::Ending::refused && cut.ending == fuzz::Ending::partial;
  if (waits) return 0;   // a fault may wait for its stanza's end to be told
  if (whole.ending != cut.ending || whole.verdict != cut.verdict) std::abort();
  return 0;
}
