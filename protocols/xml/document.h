// Where a stanza's tape lives: one Document per shard, reused for every stanza, so that parsing
// allocates nothing in the steady state. Elements point into it and are valid until it is parsed
// into again, as long as the source's memory is.
// Belongs to one shard. Memory: at most about 12 bytes a byte of the largest recent stanza.
#pragma once

#include <memory>

#include "engine/base/bytes.h"
#include "protocols/xml/element.h"
#include "protocols/xml/limits.h"
#include "protocols/xml/scan/tape.h"
#include "protocols/xml/scan/walker.h"

namespace xml {

class Document {
 public:
  Document() = default;
  Document(const Document&) = delete;  // elements, and parts of the tape, point into it
  Document& operator=(const Document&) = delete;

  // Parses exactly one element that stands alone: `xml` starts with its '<' and ends with its '>'.
  Verdict parse(base::Bytes xml, const Limits& limits);
  Element root() const;

 private:
  friend class Element;
  friend class StreamReader;

  void clear();  // before a scan: drops what the last one kept
  // Keeps a stanza's bytes alive that were carried by its stream.
  void keep(std::unique_ptr<char[]> bytes) { kept_ = std::move(bytes); }

  // Elements read it, and decode values in it the first time they are asked for.
  mutable Tape tape_;
  Stacks stacks_;
  std::unique_ptr<char[]> kept_;
};

}  // namespace xml
