// What a scan writes down about a stanza: offsets into its bytes, in document order. The children
// of element i follow it; its attributes stand together. Reused from stanza to stanza.
// Owned by a Document.
#pragma once

#include <cstdint>
#include <string>

#include "engine/base/bytes.h"
#include "protocols/xml/scan/token_array.h"

namespace xml {

constexpr base::Bytes kXmlNamespace = "http://www.w3.org/XML/1998/namespace";
constexpr base::Bytes kXmlnsNamespace = "http://www.w3.org/2000/xmlns/";

struct QName {
  uint32_t local = 0;  // offset of the local part; the prefix stands before it
  uint16_t local_size = 0;
  uint16_t prefix_size = 0;  // without its colon; 0: no prefix
  uint32_t begin() const { return prefix_size == 0 ? local : local - prefix_size - 1; }
  uint32_t size() const { return local + local_size - begin(); }
};

struct ElementToken {
  uint32_t begin;        // of '<'
  uint32_t open_end;     // behind the '>' of the start tag
  uint32_t close_begin;  // of the '<' of the end tag; open_end if there is none
  uint32_t end;          // behind the last '>'
  QName name;
  uint32_t ns;  // index into Tape::namespaces
  uint32_t first_attribute;
  uint32_t attributes;
  uint32_t next_sibling;  // 0: none
};

enum class ValueState : uint8_t {
  as_written,  // nothing in it needs decoding
  encoded,     // contains references or white space to be normalised (XML 1.0 §3.3.3)
  decoded,     // `value` is an offset into Tape::scratch now; the source has moved to `raw_…`
};

struct AttributeToken {
  QName name;
  uint32_t raw;  // offset of the value between its quotes
  uint32_t raw_size;
  uint32_t decoded;  // offset into Tape::scratch
  uint32_t decoded_size;
  uint32_t ns;
  ValueState state;
};

// Indices into Tape::namespaces that are always there.
constexpr uint32_t kNoNamespace = 0;
constexpr uint32_t kXml = 1;
constexpr uint32_t kFirstInherited = 2;
// An attribute that is a namespace declaration.
constexpr uint32_t kDeclaration = UINT32_MAX;

struct Tape {
  base::Bytes source;
  TokenArray<ElementToken> elements;
  TokenArray<AttributeToken> attributes;
  TokenArray<base::Bytes> namespaces;
  TokenArray<base::Bytes> inherited_prefixes;  // of namespaces[kFirstInherited + i]
  // Decoded values. A value never grows by decoding and is decoded once, so with room for the
  // whole source this never moves, and views into it stay good.
  std::string scratch;

  base::Bytes local(const QName& name) const { return source.substr(name.local, name.local_size); }
  base::Bytes prefix(const QName& name) const {
    return source.substr(name.begin(), name.prefix_size);
  }
  base::Bytes value(AttributeToken& attribute);
};

}  // namespace xml
