// What a stream says, as text, once in the words of our reader and once in those of expat, so that
// the two can be compared. One line a stanza: names with namespaces, attributes sorted, text,
// children in order.
#pragma once

#include <string>
#include <vector>

#include "engine/base/bytes.h"
#include "protocols/xml/element.h"
#include "protocols/xml/limits.h"

namespace fuzz {

enum class Ending : uint8_t {
  open,     // everything is understood, the stream goes on
  partial,  // a stanza has begun and not ended
  ended,    // the stream's end tag
  refused,
};

struct Story {
  std::vector<std::string> stanzas;  // the header first
  Ending ending = Ending::open;
  xml::Verdict verdict = xml::Verdict::ok;
  bool text_between = false;  // refused because of text between stanzas
  bool token_open = false;    // expat still waits for the end of a token
  size_t consumed = 0;        // bytes up to the stream's end
};

std::string describe(xml::Element element);

// Our reader, fed with pieces that end at `cuts` (ascending). Every piece lies in a heap block of
// exactly its size, so that a sanitizer sees any step beyond it.
Story read_ours(base::Bytes stream, const std::vector<size_t>& cuts, const xml::Limits& limits);
// expat with namespaces. `ending` is open or refused.
Story read_expat(base::Bytes stream);

}  // namespace fuzz
