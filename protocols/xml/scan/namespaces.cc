// The part of the walker that knows Namespaces in XML 1.0 (third edition).
#include <algorithm>
#include <cstring>

#include "engine/base/check.h"
#include "protocols/xml/scan/declarations.h"
#include "protocols/xml/scan/walker.h"

namespace xml {

void Walker::inherit(base::Bytes declarations) {
  tape_.namespaces.clear();
  tape_.namespaces.push_back({});
  tape_.namespaces.push_back(kXmlNamespace);
  tape_.inherited_prefixes.clear();
  stacks_.bindings.clear();
  base::Bytes prefix;
  base::Bytes uri;
  while (next_declaration(declarations, prefix, uri)) {
    const auto ns = static_cast<uint32_t>(tape_.namespaces.size());
    tape_.namespaces.push_back(uri);
    tape_.inherited_prefixes.push_back(prefix);
    if (prefix.empty()) {
      default_ns_ = uri.empty() ? kNoNamespace : ns;
    } else {
      stacks_.bindings.push_back({prefix, ns});
    }
  }
  inherited_bindings_ = static_cast<uint32_t>(stacks_.bindings.size());
}

// Called when a start tag is complete: its declarations, then its own name, then its attributes.
bool Walker::resolve(ElementToken& element) {
  if (declares_) {
    for (uint32_t i = 0; i < element.attributes; ++i) {
      AttributeToken& attribute = tape_.attributes[element.first_attribute + i];
      if (attribute.ns == kDeclaration && !declare(attribute)) return false;
    }
  }
  element.ns = default_ns_;
  if (element.name.prefix_size != 0 && !find_prefix(tape_.prefix(element.name), element.ns)) {
    return refuse(Verdict::bad_namespace_prefix);
  }
  if (prefixed_ && !resolve_attributes(element)) return false;
  return element.attributes < 2 || unique_attributes(element) || refuse(Verdict::not_well_formed);
}

bool Walker::declare(AttributeToken& attribute) {
  const base::Bytes uri = tape_.value(attribute);
  const base::Bytes prefix =
      attribute.name.prefix_size == 0 ? base::Bytes() : tape_.local(attribute.name);
  if (!declarable(prefix, uri)) return refuse(Verdict::not_well_formed);
  const auto ns = static_cast<uint32_t>(tape_.namespaces.size());
  if (prefix.empty()) {
    default_ns_ = uri.empty() ? kNoNamespace : ns;
    if (!uri.empty()) tape_.namespaces.push_back(uri);
    return true;
  }
  // Looking a prefix up costs as many steps as there are prefixes in scope: they are limited too.
  if (stacks_.bindings.size() - inherited_bindings_ >= limits_.attributes) {
    return refuse(Verdict::too_many_attributes);
  }
  tape_.namespaces.push_back(uri);
  stacks_.bindings.push_back({prefix, ns});
  return true;
}

// Namespaces in XML §3 (reserved prefixes) and §2.2 (a prefix cannot be undeclared).
bool Walker::declarable(base::Bytes prefix, base::Bytes uri) const {
  if (prefix == "xmlns" || uri == kXmlnsNamespace) return false;
  if ((prefix == "xml") != (uri == kXmlNamespace)) return false;
  return prefix.empty() || !uri.empty();
}

bool Walker::find_prefix(base::Bytes prefix, uint32_t& ns) const {
  for (size_t i = stacks_.bindings.size(); i-- > 0;) {
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
  const AttributeToken* const first = tape_.attributes.data() + element.first_attribute;
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
