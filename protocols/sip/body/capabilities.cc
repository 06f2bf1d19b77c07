#include "protocols/sip/body/capabilities.h"

#include <array>
#include <string>

#include "protocols/sip/body/xml_body.h"

namespace sip {
namespace {

struct Name {
  im::Capability capability;
  base::Bytes element;
};
constexpr std::array<Name, 7> kNames = {{
    {im::kCapabilityAudio, "audio"},
    {im::kCapabilityVideo, "video"},
    {im::kCapabilityText, "text"},
    {im::kCapabilityMessage, "message"},
    {im::kCapabilityApplication, "application"},
    {im::kCapabilityData, "data"},
    {im::kCapabilityControl, "control"},
}};

}  // namespace

uint16_t read_capabilities(xml::Element servcaps) {
  unsigned found = 0;
  std::string text;
  for (xml::Element one = servcaps.first_child(); one; one = one.next_sibling()) {
    for (const Name& name : kNames) {
      if (one.name() != name.element) continue;
      text.clear();
      one.text(text);
      if (same_word(text, "true") || trimmed(text) == "1") found |= name.capability;
    }
  }
  return static_cast<uint16_t>(found);
}

void write_capabilities(uint16_t capabilities, base::Bytes prefix, base::Sink& out) {
  for (const Name& name : kNames) {
    if ((capabilities & name.capability) == 0) continue;
    out.append("<").append(prefix).append(name.element).append(">true</");
    out.append(prefix).append(name.element).append(">");
  }
}

}  // namespace sip
