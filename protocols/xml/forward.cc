// Prefixes that a stanza uses but only its stream's header declared: they would dangle in another
// stream, so a forwarded stanza declares them itself.
#include <algorithm>

#include "engine/base/check.h"
#include "protocols/xml/document.h"
#include "protocols/xml/element.h"
#include "protocols/xml/writer.h"

namespace xml {
namespace {

// One bit for each declaration inherited. Limits::attributes keeps them few, but it is a setting.
using Used = std::vector<bool>;

void mark(const QName& name, uint32_t ns, Used& used) {
  if (name.prefix_size == 0 || ns < kFirstInherited) return;
  if (ns - kFirstInherited < used.size()) used[ns - kFirstInherited] = true;
}

}  // namespace

void Element::forward_inherited(base::Sink& out) const {
  const Tape& tape = document_->tape_;
  const uint32_t end = tape.elements[index_].end;
  CHECK(tape.namespaces.size() >= kFirstInherited + tape.inherited_prefixes.size());
  Used used(tape.inherited_prefixes.size());
  for (uint32_t i = index_; i < tape.elements.size() && tape.elements[i].begin < end; ++i) {
    const ElementToken& element = tape.elements[i];
    if (i != index_) mark(element.name, element.ns, used);
    for (uint32_t k = 0; k < element.attributes; ++k) {
      const AttributeToken& attribute = tape.attributes[element.first_attribute + k];
      mark(attribute.name, attribute.ns, used);
    }
  }
  for (uint32_t i = 0; i < used.size(); ++i) {
    if (!used[i]) continue;
    std::string name("xmlns:");
    name.append(tape.inherited_prefixes[i]);
    write_attribute(name, tape.namespaces[kFirstInherited + i], out);
  }
}

}  // namespace xml
