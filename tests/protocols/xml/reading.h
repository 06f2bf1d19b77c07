// How these tests read: every piece in a heap block of exactly its size, so that the sanitizer sees
// any step beyond it, and the outcome as one line of text.
#pragma once

#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "protocols/xml/document.h"
#include "protocols/xml/stream_reader.h"

namespace xml {

inline const std::string kHeader =
    "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' "
    "to='localhost' version='1.0'>";

class Block {
 public:
  explicit Block(base::Bytes bytes) : bytes_(new char[bytes.size()]), size_(bytes.size()) {
    if (size_ > 0) std::memcpy(bytes_.get(), bytes.data(), size_);
  }
  base::Bytes view() const { return {bytes_.get(), size_}; }

 private:
  std::unique_ptr<char[]> bytes_;
  size_t size_;
};

inline const char* verdict_name(Verdict verdict) {
  constexpr const char* kNames[] = {
      "ok",       "not_well_formed",     "restricted",    "bad_namespace_prefix", "bad_encoding",
      "too_deep", "too_many_attributes", "name_too_long", "stanza_too_big"};
  return kNames[static_cast<size_t>(verdict)];
}

inline Verdict parse_alone(base::Bytes xml, const Limits& limits = {}) {
  const Block block(xml);
  Document document;
  return document.parse(block.view(), limits);
}

// "header message(body) presence end", or "header error:restricted", or "… more".
class Listener {
 public:
  explicit Listener(const Limits& limits = {}) : limits_(limits) {}

  bool feed(base::Bytes piece) {
    const Block block(piece);
    base::Bytes in = block.view();
    for (;;) {
      switch (reader.next(in, document, limits_)) {
        case StreamEvent::need_more:
          return true;
        case StreamEvent::header:
          heard += "header ";
          break;
        case StreamEvent::stanza:
          heard.append(reader.element().outer()).append(" ");
          break;
        case StreamEvent::end:
          heard += "end";
          return false;
        case StreamEvent::error:
          heard.append("error:").append(verdict_name(reader.verdict()));
          return false;
      }
    }
  }

  StreamReader reader;
  Document document;
  std::string heard;

 private:
  Limits limits_;
};

inline std::string hear(const std::vector<base::Bytes>& pieces, const Limits& limits = {}) {
  Listener listener(limits);
  for (const base::Bytes piece : pieces) {
    if (!listener.feed(piece)) return listener.heard;
  }
  return listener.heard + (listener.reader.carried_bytes() > 0 ? "more" : "idle");
}

inline std::string hear(base::Bytes whole, const Limits& limits = {}) {
  return hear(std::vector<base::Bytes>{whole}, limits);
}

inline std::string hear_byte_by_byte(base::Bytes whole, const Limits& limits = {}) {
  std::vector<base::Bytes> pieces;
  for (size_t i = 0; i < whole.size(); ++i) pieces.push_back(whole.substr(i, 1));
  return hear(pieces, limits);
}

}  // namespace xml
