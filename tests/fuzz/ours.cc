#include <algorithm>
#include <cstring>
#include <memory>

#include "protocols/xml/document.h"
#include "protocols/xml/stream_reader.h"
#include "tests/fuzz/xml_events.h"

namespace fuzz {
namespace {

void describe_into(xml::Element element, std::string& out) {
  out.append("<").append(element.ns()).append("|").append(element.name());
  std::vector<std::string> attributes;
  for (uint32_t i = 0; i < element.attribute_count(); ++i) {
    const xml::Attribute attribute = element.attribute_at(i);
    if (attribute.declaration) continue;
    std::string one(" ");
    one.append(attribute.ns).append("|").append(attribute.name);
    attributes.push_back(one.append("=").append(attribute.value));
  }
  std::sort(attributes.begin(), attributes.end());
  for (const std::string& attribute : attributes) out.append(attribute);
  out.append(">").append(element.text());
  for (xml::Element child = element.first_child(); child; child = child.next_sibling()) {
    describe_into(child, out);
  }
  out.append("</>");
}

class Feeder {
 public:
  Feeder(const xml::Limits& limits, Story& story) : limits_(limits), story_(story) {}

  // False: the stream is over, one way or the other.
  bool feed(base::Bytes piece, size_t offset) {
    const std::unique_ptr<char[]> block(new char[piece.size()]);
    std::memcpy(block.get(), piece.data(), piece.size());
    base::Bytes in(block.get(), piece.size());
    for (;;) {
      const xml::StreamEvent event = reader_.next(in, document_, limits_);
      switch (event) {
        case xml::StreamEvent::need_more:
          return true;
        case xml::StreamEvent::header:
        case xml::StreamEvent::stanza:
          story_.stanzas.push_back(describe(reader_.element()));
          continue;
        case xml::StreamEvent::end:
          story_.ending = Ending::ended;
          story_.consumed = offset + piece.size() - in.size();
          return false;
        case xml::StreamEvent::error:
          story_.ending = Ending::refused;
          story_.verdict = reader_.verdict();
          // The reader leaves at the front what it could not begin with.
          story_.text_between = !in.empty() && in[0] != '<';
          return false;
      }
    }
  }
  bool unfinished() const { return reader_.carried_bytes() > 0; }

 private:
  const xml::Limits& limits_;
  Story& story_;
  xml::Document document_;
  xml::StreamReader reader_;
};

}  // namespace

std::string describe(xml::Element element) {
  std::string out;
  describe_into(element, out);
  return out;
}

Story read_ours(base::Bytes stream, const std::vector<size_t>& cuts, const xml::Limits& limits) {
  Story story;
  story.consumed = stream.size();
  Feeder feeder(limits, story);
  size_t from = 0;
  for (const size_t cut : cuts) {
    if (!feeder.feed(stream.substr(from, cut - from), from)) return story;
    from = cut;
  }
  if (!feeder.feed(stream.substr(from), from)) return story;
  story.ending = feeder.unfinished() ? Ending::partial : Ending::open;
  return story;
}

}  // namespace fuzz
