// A message body that is XML, read whole: what the event packages get their documents from. Bodies
// are parsed by the strict scanner of protocols/xml, so that there is no entity to expand and no
// depth to overflow; what it refuses but documents of this kind may have (a byte order mark, the
// XML declaration, comments, processing instructions) is taken away first. Document types are
// refused. One a shard, used again and again; elements are valid until the next parse(), as long as
// the body's bytes are. Errors: a BodyFault, counted (sip_xml_body_*).
#pragma once

#include <cstdint>
#include <string>

#include "engine/base/bytes.h"
#include "protocols/xml/document.h"
#include "protocols/xml/element.h"

namespace sip {

constexpr uint32_t kXmlBodyBytesMax = 16 * 1024;
constexpr uint32_t kXmlBodyDepthMax = 32;

enum class BodyFault : uint8_t {
  none,
  too_large,   // more bytes, deeper, or more attributes than we read
  malformed,   // not well-formed, or not UTF-8
  forbidden,   // a document type, or an entity that only one can declare
  other_kind,  // well-formed, but not the document that was asked for
};

class XmlBody {
 public:
  // The root's local name must be `root`: its namespace is not looked at, as peers are known to get
  // it wrong.
  [[nodiscard]] BodyFault parse(base::Bytes body, base::Bytes root,
                                uint32_t bytes_max = kXmlBodyBytesMax);
  xml::Element root() const { return document_.root(); }

 private:
  BodyFault read(base::Bytes body, base::Bytes root, uint32_t bytes_max);

  xml::Document document_;
  std::string cleaned_;  // of a body that had something to take away
};

// Of the elements directly inside, the first with this local name; and the next one of that name.
xml::Element child(xml::Element parent, base::Bytes name);
xml::Element next(xml::Element sibling, base::Bytes name);
// Local names are compared as XML has them, texts of documents without regard to case and to white
// space around them.
base::Bytes trimmed(base::Bytes text);
bool same_word(base::Bytes a, base::Bytes b);

}  // namespace sip
