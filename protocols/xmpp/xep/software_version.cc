// XEP-0092: Software Version. The operating system is told only where the operator wants it told.
#include <string>

#include "protocols/xml/writer.h"
#include "protocols/xmpp/feature.h"

namespace xmpp::xep {
namespace {

constexpr base::Bytes kNamespace = "jabber:iq:version";

void answer(Request& request) {
  std::string out = "<query xmlns='jabber:iq:version'>";
  xml::write_text_element("name", "Rollcall", out);
  xml::write_text_element("version", request.options.version, out);
  if (!request.options.operating_system.empty()) {
    xml::write_text_element("os", request.options.operating_system, out);
  }
  out += "</query>";
  request.result(out);
}

constexpr base::Bytes kDisco[] = {kNamespace};
constexpr Hook kHooks[] = {
    {IqKind::get, static_cast<uint8_t>(To::host), "query", kNamespace, answer}};

}  // namespace

constinit const Feature software_version{
    .xep = 92, .title = "Software Version", .version = "1.1", .disco = kDisco, .hooks = kHooks};

}  // namespace xmpp::xep
