// XEP-0115: Entity Capabilities of the server itself: <c/> in the stream features (§6.3) spares
// clients a disco#info at every login. Those of clients travel in their presence, untouched.
#include <string>

#include "protocols/xml/writer.h"
#include "protocols/xmpp/feature.h"
#include "protocols/xmpp/xep/disco_info.h"

namespace xmpp::xep {
namespace {

constexpr base::Bytes kNamespace = "http://jabber.org/protocol/caps";
constexpr base::Bytes kNode = "urn:rollcall:server";

// The hash is made anew for every login: a microsecond, against a cache to be kept right.
void write_stream_feature(const Options& options, base::Sink& out) {
  out += "<c";
  xml::write_attribute("xmlns", kNamespace, out);
  xml::write_attribute("hash", "sha-1", out);
  xml::write_attribute("node", kNode, out);
  xml::write_attribute("ver", verification_string(host_info(options)), out);
  out += "/>";
}

// §6.2: what stands behind node#ver. An old hash is unknown: it would be a lie.
bool write_node(const Options& options, base::Bytes node, base::Sink& out) {
  if (node.size() <= kNode.size() || node.substr(0, kNode.size()) != kNode) return false;
  const DiscoInfo info = host_info(options);
  const base::Bytes rest = node.substr(kNode.size());
  if (rest.front() != '#' || rest.substr(1) != verification_string(info)) return false;
  write(info, out);
  return true;
}

constexpr base::Bytes kDisco[] = {kNamespace};

}  // namespace

constinit const Feature entity_capabilities{
    .xep = 115,
    .title = "Entity Capabilities",
    .version = "1.6.0",
    .note = "the server's own in its stream features; clients' pass untouched",
    .disco = kDisco,
    .stream_feature = write_stream_feature,
    .node_info = write_node};

}  // namespace xmpp::xep
