// A complete, checked stanza as a tape of offsets into the bytes it arrived in. An Element is a
// cursor into the tape: two words, copied freely, valid until the Document is parsed into again.
// Nothing is copied but attribute values and text that contain references.
// One Document per shard, reused for every stanza.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/bytes.h"

namespace xml {

class Document;
struct AttributeToken;

// For those who read every attribute. `declaration`: xmlns or xmlns:…, with the prefix as its name.
struct Attribute {
  base::Bytes name;
  base::Bytes ns;
  base::Bytes value;
  bool declaration = false;
};

class Element {
 public:
  Element() = default;
  explicit operator bool() const { return document_ != nullptr; }

  base::Bytes name() const;  // local name
  base::Bytes ns() const;    // namespace URI, "" if none
  bool is(base::Bytes name, base::Bytes ns) const;
  // Decoded value of an attribute without a namespace; empty if absent.
  base::Bytes attribute(base::Bytes name) const;
  bool has_attribute(base::Bytes name) const;
  // xml:lang and other attributes in a namespace.
  base::Bytes attribute(base::Bytes name, base::Bytes ns) const;
  uint32_t attribute_count() const;          // namespace declarations included
  Attribute attribute_at(uint32_t i) const;  // in the order written

  Element first_child() const;  // element children only
  Element next_sibling() const;
  Element child(base::Bytes name, base::Bytes ns) const;
  // Decoded character data directly inside, appended.
  void text(base::Sink& out) const;
  std::string text() const;

  base::Bytes outer() const;  // byte for byte, from '<' to '>'
  base::Bytes inner() const;  // what stands between the tags, byte for byte
  // outer(), made to stand alone: with declarations added for the default namespace and for every
  // prefix that is used inside but declared further out. What is stored must be kept like this.
  void standalone(base::Sink& out) const;
  // Namespace declarations and foreign attributes of this element as they were written, each with
  // a leading space: what a forwarded stanza must carry besides the attributes we rewrite.
  // (All attributes but to, from, id, type, xmlns, xml:lang; plus a declaration for every prefix
  // that the content uses but only the stream header declared.)
  void forwarded_attributes(base::Sink& out) const;

 private:
  friend class Document;
  Element(const Document* document, uint32_t index) : document_(document), index_(index) {}
  AttributeToken* find(base::Bytes name, base::Bytes ns) const;
  void forward_inherited(base::Sink& out) const;
  const Document* document_ = nullptr;
  uint32_t index_ = 0;
};

}  // namespace xml
