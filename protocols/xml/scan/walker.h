// Walks the structural index of a stanza and writes its tape, checking everything XML 1.0,
// Namespaces in XML and RFC 6120 §11 ask for on the way. Reports the first fault in document order,
// whether or not the rest has arrived, so the answer does not depend on where a stream was cut.
// Lives on the stack of one scan; its stacks stay with the Document.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>

#include "engine/base/bytes.h"
#include "protocols/xml/limits.h"
#include "protocols/xml/scan/characters.h"
#include "protocols/xml/scan/structure.h"
#include "protocols/xml/scan/tape.h"

namespace xml {

enum class Outcome : uint8_t { complete, incomplete, refused };

struct ScanResult {
  Outcome outcome = Outcome::incomplete;
  Verdict verdict = Verdict::ok;
  uint32_t size = 0;  // bytes of the stanza, when complete
};

// A prefix in scope.
struct Binding {
  base::Bytes prefix;
  uint32_t ns;
};

// A declaration that takes effect as it stands: of the default namespace, written out, and no URI
// that is empty or reserved (the two that are have a size of their own).
inline bool is_plain_declaration(const AttributeToken& attribute) {
  const uint32_t size = attribute.raw_size;
  return attribute.name.prefix_size == 0 && attribute.state == ValueState::as_written &&
         size != 0 && size != kXmlNamespace.size() && size != kXmlnsNamespace.size();
}

// An element whose end tag has not come yet.
struct OpenElement {
  uint32_t index;       // in Tape::elements
  uint32_t last_child;  // 0: none so far
  uint32_t bindings;    // in scope outside of it
  uint32_t default_ns;  // outside of it
};

// The walker's stacks, kept so that they need not be allocated again, and with them what streams
// have their stanzas inherit: it is nearly always the same.
struct Stacks {
  TokenArray<Binding> bindings;
  TokenArray<OpenElement> open;
  std::string declarations;  // what the first bindings and the tape's first namespaces say
  uint32_t inherited_bindings = 0;
  uint32_t inherited_default_ns = kNoNamespace;
};

class Walker {
 public:
  Walker(Tape& tape, Stacks& stacks, base::Bytes in, const Limits& limits, base::Bytes inherited);

  ScanResult stanza();               // `in` starts with '<'
  ScanResult header(uint32_t from);  // the start tag at `from` alone

 private:
  using Cursor = Structure::Cursor;
  // A start tag that is being read.
  struct Tag {
    AttributeToken* next;       // where its next attribute will stand
    const AttributeToken* end;  // and where there may be none anymore
    bool declares = false;      // there are namespace declarations to be looked at
    bool unusual = false;       // an attribute has a prefix, or perhaps two have one name
    uint64_t names = 0;         // a bit for each
  };
  // Each of these reads what begins at `at` and answers where it goes on behind it; or kStop, as
  // verdict_ says why, or because the input ends in the middle.
  static constexpr uint32_t kStop = 0;
  uint32_t content();
  uint32_t markup(uint32_t at, Cursor& cursor);
  uint32_t start_tag(uint32_t at, Cursor& cursor);
  bool finish_tag(ElementToken& element, const Tag& tag);
  uint32_t end_tag(uint32_t at, Cursor& cursor);
  uint32_t cdata(uint32_t at);
  uint32_t element_name(uint32_t at, QName& out);
  uint32_t qname(uint32_t at, QName& out);
  uint32_t name_character(uint32_t at, bool first);
  uint32_t attribute_value(uint32_t at, const QName& name, Tag& tag, Cursor& cursor);
  uint32_t rest_of_tag(uint32_t at, Tag& tag, Cursor& cursor);
  uint32_t attribute(uint32_t at, Tag& tag, Cursor& cursor);

  bool is_plain_attribute(uint32_t at, uint32_t quote, uint32_t name_size) const;
  ScanResult finish(uint32_t end);
  ElementToken& add_element(uint32_t at);
  bool check_text(uint32_t from, uint32_t to);
  bool check_value(AttributeToken& attribute);

  // namespaces.cc
  void inherit(base::Bytes declarations);
  void read_declarations(base::Bytes declarations);
  bool resolve(ElementToken& element);
  bool declare_all(const ElementToken& element);
  bool declare(AttributeToken& attribute);
  bool declarable(base::Bytes prefix, base::Bytes uri) const;
  bool find_prefix(base::Bytes prefix, uint32_t& ns) const;
  bool resolve_attributes(const ElementToken& element);
  bool unique_attributes(const ElementToken& element);

  uint32_t refuse(Verdict verdict) {
    verdict_ = verdict;
    return kStop;
  }
  __attribute__((always_inline)) bool is_xmlns(uint32_t offset, uint32_t size) const {
    const char* const name = in_ + offset;
    return size == 5 && std::memcmp(name, "xmln", 4) == 0 && name[4] == 's';
  }
  // Nearly always there is one space or none.
  uint32_t skip_space(uint32_t at) const {
    if (at < size_ && in_[at] == ' ') ++at;
    while (at < size_ && in_[at] <= ' ' && is_space(in_[at])) ++at;
    return at;
  }

  Tape& tape_;
  Stacks& stacks_;
  const Limits& limits_;
  const char* in_;
  size_t size_;  // see Structure
  uint32_t name_max_;
  uint32_t plain_name_max_;  // of names that fit into a window
  uint32_t window_end_;      // of the offsets that have a window behind them, and a byte
  uint32_t default_ns_ = kNoNamespace;
  Verdict verdict_ = Verdict::ok;
  Structure structure_;
};

// One element at the front of `in`, or its beginning; `in` starts with '<'. `inherited`: see
// declarations.h.
ScanResult scan_stanza(Tape& tape, Stacks& stacks, base::Bytes in, const Limits& limits,
                       base::Bytes inherited);
// The start tag at `from` alone.
ScanResult scan_header(Tape& tape, Stacks& stacks, base::Bytes in, const Limits& limits,
                       uint32_t from);

}  // namespace xml
