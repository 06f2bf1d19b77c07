// Prefixes that a stanza uses but only its stream's header declared: they would dangle in another
// stream, so a forwarded stanza declares them itself.
#include <bitset>

#include "engine/base/check.h"
#include "protocols/xml/document.h"
#include "protocols/xml/element.h"
#include "protocols/xml/scan/declarations.h"
#include "protocols/xml/writer.h"

namespace xml {
namespace {

// One bit for each declaration inherited.
using Used = std::bitset<kDeclarationBytesMax / kDeclarationBytesMin>;

void mark(const QName& name, uint32_t ns, uint32_t inherited, Used& used) {
  if (name.prefix_size == 0 || ns < kFirstInherited) return;
  if (ns - kFirstInherited < inherited) used.set(ns - kFirstInherited);
}

}  // namespace

void Element::forward_inherited(base::Sink& out) const {
  const Tape& tape = document_->tape_;
  const uint32_t end = tape.elements[index_].end;
  CHECK(tape.namespaces.size() >= kFirstInherited + tape.inherited_prefixes.size());
  const uint32_t inherited = tape.inherited_prefixes.size();
  CHECK(inherited <= Used().size());
  Used used;
  for (uint32_t i = index_; i < tape.elements.size() && tape.elements[i].begin < end; ++i) {
    const ElementToken& element = tape.elements[i];
    if (i != index_) mark(element.name, element.ns, inherited, used);
    for (uint32_t k = 0; k < element.attributes; ++k) {
      const AttributeToken& attribute = tape.attributes[element.first_attribute + k];
      mark(attribute.name, attribute.ns, inherited, used);
    }
  }
  for (uint32_t i = 0; used.any() && i < inherited; ++i) {
    if (!used[i]) continue;
    std::string name("xmlns:");
    name.append(tape.inherited_prefixes[i]);
    write_attribute(name, tape.namespaces[kFirstInherited + i], out);
  }
}

}  // namespace xml
