// One element that stands alone, and everything an Element can be asked. Whatever stands inside it
// means the same when it is taken out.
#include <cstdlib>
#include <cstring>
#include <memory>

#include "protocols/xml/document.h"
#include "tests/fuzz/xml_events.h"

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

// A stored element is read again when it is asked for; only its limits may be in the way.
void check_standalone(xml::Element element) {
  static xml::Document document;
  const xml::Limits limits{
      .depth = 1024, .attributes = 4096, .name_bytes = 4096, .stanza_bytes = 1 << 24};
  std::string alone;
  element.standalone(alone);
  require(document.parse(alone, limits) == xml::Verdict::ok);
  require(fuzz::describe(document.root()) == fuzz::describe(element));
}

void visit(xml::Element element, base::Sink& out) {
  check_standalone(element);
  for (uint32_t i = 0; i < element.attribute_count(); ++i) {
    const xml::Attribute attribute = element.attribute_at(i);
    if (attribute.declaration) continue;
    require(element.attribute(attribute.name, attribute.ns) == attribute.value);
  }
  element.text(out);
  element.forwarded_attributes(out);
  const base::Bytes outer = element.outer();
  require(outer.starts_with('<') && outer.ends_with('>'));
  require(element.inner().size() < outer.size());
  for (xml::Element child = element.first_child(); child; child = child.next_sibling()) {
    require(element.child(child.name(), child.ns()).is(child.name(), child.ns()));
    visit(child, out);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static xml::Document document;
  const std::unique_ptr<char[]> block(new char[size]);
  if (size > 0) std::memcpy(block.get(), data, size);
  const base::Bytes in(block.get(), size);
  const xml::Limits limits;
  if (document.parse(in, limits) == xml::Verdict::ok) {
    require(document.root().outer() == in);
    std::string out;
    visit(document.root(), out);
  } else {
    require(!document.root());
  }
  return 0;
}
