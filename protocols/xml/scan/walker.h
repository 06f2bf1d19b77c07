// Walks the structural index of a stanza and writes its tape, checking everything XML 1.0,
// Namespaces in XML and RFC 6120 §11 ask for on the way. Reports the first fault in document order,
// whether or not the rest has arrived, so the answer does not depend on where a stream was cut.
// Lives on the stack of one scan; only Namespaces keeps its vectors between scans.
#pragma once

#include <cstdint>
#include <cstring>
#include <vector>

#include "engine/base/bytes.h"
#include "protocols/xml/limits.h"
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

// An element whose end tag has not come yet.
struct OpenElement {
  uint32_t index;       // in Tape::elements
  uint32_t last_child;  // 0: none so far
  uint32_t bindings;    // in scope outside of it
  uint32_t default_ns;  // outside of it
};

// The walker's stacks, kept so that they need not be allocated again.
struct Stacks {
  std::vector<Binding> bindings;
  std::vector<OpenElement> open;
};

class Walker {
 public:
  Walker(Tape& tape, Stacks& stacks, base::Bytes in, const Limits& limits, base::Bytes inherited);

  ScanResult stanza();               // `in` starts with '<'
  ScanResult header(uint32_t from);  // the start tag at `from` alone

 private:
  ScanResult finish(bool done);
  bool content();
  bool markup();
  bool start_tag();
  bool end_tag();
  bool cdata();
  bool attribute();
  bool attribute_value(AttributeToken& attribute);
  bool close_tag_open(uint32_t index);
  void close_element();
  bool qname(QName& out);
  bool name_character(bool first);
  bool check_text(uint32_t end);

  // namespaces.cc
  void inherit(base::Bytes declarations);
  bool resolve(ElementToken& element);
  bool declare(AttributeToken& attribute);
  bool declarable(base::Bytes prefix, base::Bytes uri) const;
  bool find_prefix(base::Bytes prefix, uint32_t& ns) const;
  bool resolve_attributes(const ElementToken& element);
  bool unique_attributes(const ElementToken& element);

  bool more();  // false: the input ends at at_
  bool refuse(Verdict verdict) {
    verdict_ = verdict;
    return false;
  }
  bool is_xmlns(uint32_t offset, uint32_t size) const {
    return size == 5 && std::memcmp(in_ + offset, "xmlns", 5) == 0;
  }
  void skip_space() {
    while (at_ < size_ &&
           (in_[at_] == ' ' || in_[at_] == '\n' || in_[at_] == '\t' || in_[at_] == '\r')) {
      ++at_;
    }
  }

  Tape& tape_;
  Stacks& stacks_;
  const Limits& limits_;
  const char* in_;
  uint32_t size_;
  uint32_t at_ = 0;  // the next byte not yet understood
  uint32_t default_ns_ = kNoNamespace;
  uint32_t inherited_bindings_ = 0;
  bool declares_ = false;  // the present tag has namespace declarations
  bool prefixed_ = false;  // … and attributes with prefixes
  Verdict verdict_ = Verdict::ok;
  Structure structure_;
};

}  // namespace xml
