// The part of the walker that knows Namespaces in XML 1.0 (third edition).
#include <cstring>

#include "engine/base/check.h"
#include "protocols/xml/scan/declarations.h"
#include "protocols/xml/scan/walker.h"

namespace xml {

// Streams mostly open alike, so what the last stanza inherited is nearly always what this one does.
void Walker::inherit(base::Bytes declarations) {
  if (tape_.namespaces.empty() || declarations != stacks_.declarations) {
    read_declarations(declarations);
  }
  tape_.namespaces.cut(kFirstInherited + tape_.inherited_prefixes.size());
  stacks_.bindings.cut(stacks_.inherited_bindings);
  default_ns_ = stacks_.inherited_default_ns;
}

void Walker::read_declarations(base::Bytes declarations) {
  stacks_.declarations = declarations;
  base::Bytes rest = stacks_.declarations;
  tape_.namespaces.clear();
  tape_.namespaces.add() = {};
  tape_.namespaces.add() = kXmlNamespace;
  tape_.inherited_prefixes.clear();
  stacks_.bindings.clear();
  stacks_.inherited_default_ns = kNoNamespace;
  base::Bytes prefix;
  base::Bytes uri;
  while (next_declaration(rest, prefix, uri)) {
    const uint32_t ns = tape_.namespaces.size();
    tape_.namespaces.add() = uri;
    tape_.inherited_prefixes.add() = prefix;
    if (prefix.empty()) {
      stacks_.inherited_default_ns = uri.empty() ? kNoNamespace : ns;
    } else {
      stacks_.bindings.add() = {prefix, ns};
    }
  }
  stacks_.inherited_bindings = stacks_.bindings.size();
}

// When a start tag is complete: first the declarations that need a second look, then its own name,
// then its attributes.
bool Walker::declare_all(const ElementToken& element) {
  for (uint32_t i = 0; i < element.attributes; ++i) {
    AttributeToken& attribute = tape_.attributes[element.first_attribute + i];
    if (attribute.ns != kDeclaration || is_plain_declaration(attribute)) continue;
    if (!declare(attribute)) return false;
  }
  return true;
}

bool Walker::resolve(ElementToken& element) {
  if (element.name.prefix_size != 0 && !find_prefix(tape_.prefix(element.name), element.ns)) {
    return refuse(Verdict::bad_namespace_prefix);
  }
  if (!resolve_attributes(element)) return false;
  return unique_attributes(element) || refuse(Verdict::not_well_formed);
}

bool Walker::declare(AttributeToken& attribute) {
  const base::Bytes uri = tape_.value(attribute);
  const base::Bytes prefix =
      attribute.name.prefix_size == 0 ? base::Bytes() : tape_.local(attribute.name);
  if (!declarable(prefix, uri)) return refuse(Verdict::not_well_formed);
  const uint32_t ns = tape_.namespaces.size();
  if (prefix.empty()) {
    default_ns_ = uri.empty() ? kNoNamespace : ns;
    if (!uri.empty()) tape_.namespaces.add() = uri;
    return true;
  }
  // Looking a prefix up costs as many steps as there are prefixes in scope: they are limited too.
  if (stacks_.bindings.size() - stacks_.inherited_bindings >= limits_.attributes) {
    return refuse(Verdict::too_many_attributes);
  }
  tape_.namespaces.add() = uri;
  stacks_.bindings.add() = {prefix, ns};
  return true;
}

// Namespaces in XML §3 (reserved prefixes) and §2.2 (a prefix cannot be undeclared).
bool Walker::declarable(base::Bytes prefix, base::Bytes uri) const {
  if (prefix == "xmlns" || uri == kXmlnsNamespace) return false;
  if ((prefix == "xml") != (uri == kXmlNamespace)) return false;
  return prefix.empty() || !uri.empty();
}

bool Walker::find_prefix(base::Bytes prefix, uint32_t& ns) const {
  for (uint32_t i = stacks_.bindings.size(); i-- > 0;) {
    if (stacks_.bindings[i].prefix == prefix) {
      ns = stacks_.bindings[i].ns;
      return true;
    }
  }
  ns = kXml;
  return prefix == "xml";
}

bool Walker::resolve_attributes(const ElementToken& element) {
  for (uint32_t i = 0; i < element.attributes; ++i) {
    AttributeToken& attribute = tape_.attributes[element.first_attribute + i];
    if (attribute.name.prefix_size == 0 || attribute.ns == kDeclaration) continue;
    if (!find_prefix(tape_.prefix(attribute.name), attribute.ns)) {
      return refuse(Verdict::bad_namespace_prefix);
    }
  }
  return true;
}

// No two alike, as written (XML 1.0 §3.1) or by namespace and local name (Namespaces §6.3).
bool Walker::unique_attributes(const ElementToken& element) {
  if (element.attributes < 2) return true;
  const AttributeToken* const first = &tape_.attributes[element.first_attribute];
  for (uint32_t i = 1; i < element.attributes; ++i) {
    const QName& name = first[i].name;
    for (uint32_t k = 0; k < i; ++k) {
      const QName& other = first[k].name;
      if (name.local_size != other.local_size || in_[name.local] != in_[other.local] ||
          std::memcmp(in_ + name.local, in_ + other.local, name.local_size) != 0) {
        continue;
      }
      if (tape_.prefix(name) == tape_.prefix(other)) return false;
      const bool both = first[i].ns != kDeclaration && first[k].ns != kDeclaration;
      if (both && tape_.namespaces[first[i].ns] == tape_.namespaces[first[k].ns]) return false;
    }
  }
  return true;
}

}  // namespace xml
