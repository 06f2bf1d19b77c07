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

class Inherited {
 public:
  Inherited(const Tape& tape, uint32_t root) : tape_(tape), root_(root) {}

  // Bindings that the element and its content use but do not declare, each prefix once: what is
  // not declared inside means the same everywhere inside.
  std::vector<OuterBinding> find() {
    const uint32_t end = tape_.elements[root_].end;
    for (uint32_t i = root_; i < tape_.elements.size(); ++i) {
      const ElementToken& element = tape_.elements[i];
      if (element.begin >= end) break;
      while (!path_.empty() && tape_.elements[path_.back()].end <= element.begin) path_.pop_back();
      path_.push_back(i);
      use(tape_.prefix(element.name), element.ns);
      for (uint32_t k = 0; k < element.attributes; ++k) {
        const AttributeToken& attribute = tape_.attributes[element.first_attribute + k];
        if (attribute.ns == kDeclaration || attribute.name.prefix_size == 0) continue;
        use(tape_.prefix(attribute.name), attribute.ns);
      }
    }
    return std::move(found_);
  }

 private:
  void use(base::Bytes prefix, uint32_t ns) {
    if (ns == kXml || (prefix.empty() && ns == kNoNamespace)) return;
    for (const OuterBinding& known : found_) {
      if (known.prefix == prefix) return;
    }
    for (const uint32_t open : path_) {
      if (declares(tape_.elements[open], prefix)) return;
    }
    found_.push_back({prefix, ns});
  }

  bool declares(const ElementToken& element, base::Bytes prefix) const {
    for (uint32_t k = 0; k < element.attributes; ++k) {
      const AttributeToken& attribute = tape_.attributes[element.first_attribute + k];
      if (attribute.ns != kDeclaration) continue;
      const base::Bytes local = tape_.local(attribute.name);
      if (attribute.name.prefix_size == 0 ? prefix.empty() : local == prefix) return true;
    }
    return false;
  }

  const Tape& tape_;
  uint32_t root_;
  std::vector<uint32_t> path_;  // elements open at this place, from the root
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
