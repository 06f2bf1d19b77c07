// An element taken out of its stanza: whatever it means through declarations further out, it must
// say itself.
#include <algorithm>
#include <vector>

#include "engine/base/check.h"
#include "protocols/xml/document.h"
#include "protocols/xml/element.h"
#include "protocols/xml/writer.h"

namespace xml {
namespace {

constexpr base::Bytes kXmlns = "xmlns";

struct OuterBinding {
  base::Bytes prefix;  // "": the default namespace
  uint32_t ns;
};

// Namespaces are numbered in the order of their declarations, so what was declared before this
// element has a smaller number than anything declared in it.
uint32_t first_declared_inside(const Tape& tape, const ElementToken& element) {
  uint32_t next = kFirstInherited + tape.inherited_prefixes.size();
  for (uint32_t i = 0; i < element.first_attribute; ++i) {
    const AttributeToken& attribute = tape.attributes[i];
    if (attribute.ns == kDeclaration && attribute.raw_size != 0) ++next;  // xmlns='' has none
  }
  CHECK(next <= tape.namespaces.size());
  return next;
}

// Bindings that an element and its content use but do not declare, each once.
class Inherited {
 public:
  Inherited(const Tape& tape, uint32_t root)
      : tape_(tape), root_(root), known_(first_declared_inside(tape, tape.elements[root])) {}

  std::vector<OuterBinding> find() {
    const uint32_t end = tape_.elements[root_].end;
    for (uint32_t i = root_; i < tape_.elements.size(); ++i) {
      const ElementToken& element = tape_.elements[i];
      if (element.begin >= end) break;
      use(element.name, element.ns);
      for (uint32_t k = 0; k < element.attributes; ++k) {
        const AttributeToken& attribute = tape_.attributes[element.first_attribute + k];
        if (attribute.name.prefix_size != 0) use(attribute.name, attribute.ns);
      }
    }
    return std::move(found_);
  }

 private:
  void use(const QName& name, uint32_t ns) {
    if (ns == kXml || ns == kNoNamespace || ns >= known_.size() || known_[ns]) return;
    known_[ns] = true;
    found_.push_back({tape_.prefix(name), ns});
  }

  const Tape& tape_;
  uint32_t root_;
  std::vector<bool> known_;  // by number of the namespace
  std::vector<OuterBinding> found_;
};

}  // namespace

void Element::standalone(base::Sink& out) const {
  CHECK(document_ != nullptr);
  const Tape& tape = document_->tape_;
  const ElementToken& element = tape.elements[index_];
  const uint32_t name_end = element.name.local + element.name.local_size;
  out.append(tape.source.substr(element.begin, name_end - element.begin));
  for (const OuterBinding& binding : Inherited(tape, index_).find()) {
    std::string name(kXmlns);
    if (!binding.prefix.empty()) name.append(":").append(binding.prefix);
    write_attribute(name, tape.namespaces[binding.ns], out);
  }
  out.append(tape.source.substr(name_end, element.end - name_end));
}

}  // namespace xml
