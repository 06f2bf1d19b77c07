#include "protocols/xml/document.h"

#include "engine/base/check.h"

namespace xml {
namespace {

// Room that is kept for the next stanza. More was needed by a giant, and is given back.
constexpr size_t kKeepElements = 4096;
constexpr size_t kKeepAttributes = 8192;
constexpr size_t kKeepScratch = 65536;
constexpr size_t kGiant = 4 * kKeepElements;  // no smaller one can have needed more

template <class Container>
void trim(Container& container, size_t keep) {
  if (container.capacity() > keep) container = Container();
}

}  // namespace

void Document::clear() {
  kept_.reset();
  if (tape_.source.size() < kGiant) return;
  trim(tape_.elements, kKeepElements);
  trim(tape_.attributes, kKeepAttributes);
  trim(tape_.scratch, kKeepScratch);
}

Verdict Document::parse(base::Bytes xml, const Limits& limits) {
  clear();
  tape_.elements.clear();
  if (xml.empty() || xml[0] != '<') return Verdict::not_well_formed;
  const bool too_big = xml.size() > limits.stanza_bytes;
  const ScanResult result =
      scan_stanza(tape_, stacks_, xml.substr(0, limits.stanza_bytes), limits, {});
  CHECK(result.outcome != Outcome::complete || !tape_.elements.empty());
  if (result.outcome == Outcome::complete && result.size == xml.size()) return Verdict::ok;
  tape_.elements.clear();
  if (result.outcome == Outcome::refused) return result.verdict;
  return too_big && result.outcome == Outcome::incomplete ? Verdict::stanza_too_big
                                                          : Verdict::not_well_formed;
}

Element Document::root() const { return tape_.elements.empty() ? Element() : Element(this, 0); }

}  // namespace xml
