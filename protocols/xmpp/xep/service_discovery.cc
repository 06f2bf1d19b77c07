// XEP-0030: Service Discovery. What is on follows from the feature records. An account answers
// only whoever may see its presence; to others it looks like an account that does not exist (§8).
#include <string>

#include "protocols/xml/writer.h"
#include "protocols/xmpp/feature.h"
#include "protocols/xmpp/xep/disco_info.h"
#include "protocols/xmpp/xep/store_reply.h"

namespace xmpp::xep {
namespace {

constexpr base::Bytes kInfo = "http://jabber.org/protocol/disco#info";
constexpr base::Bytes kItems = "http://jabber.org/protocol/disco#items";

void answer(Request& request, base::Bytes ns, base::Bytes node, base::Bytes children) {
  std::string out = "<query";
  xml::write_attribute("xmlns", ns, out);
  if (!node.empty()) xml::write_attribute("node", node, out);
  out += '>';
  out += children;
  out += "</query>";
  request.result(out);
}

void answer_host_info(Request& request) {
  const base::Bytes node = request.payload.attribute("node");
  std::string children;
  if (node.empty()) {
    write(host_info(request.options), children);
    return answer(request, kInfo, node, children);
  }
  for (const Feature* feature : all_features()) {
    if (feature->node_info != nullptr && feature->node_info(request.options, node, children)) {
      return answer(request, kInfo, node, children);
    }
  }
  request.error(im::ErrorCondition::item_not_found);
}

void answer_host_items(Request& request) {
  const base::Bytes node = request.payload.attribute("node");
  std::string children;
  if (node.empty()) return answer(request, kItems, node, children);
  for (const Feature* feature : all_features()) {
    if (feature->node_items != nullptr && feature->node_items(request.options, node, children)) {
      return answer(request, kItems, node, children);
    }
  }
  request.error(im::ErrorCondition::item_not_found);
}

void answer_account_info(Request& request) {
  if (!sees_presence(request)) return request.error(im::ErrorCondition::service_unavailable);
  if (!request.payload.attribute("node").empty()) {
    return request.error(im::ErrorCondition::item_not_found);
  }
  std::string children;
  write(account_info(request.options), children);
  answer(request, kInfo, {}, children);
}

void answer_account_items(Request& request) {
  const base::Bytes node = request.payload.attribute("node");
  if (!node.empty() && sees_presence(request)) {
    return request.error(im::ErrorCondition::item_not_found);
  }
  // §8: connected resources are nobody's items; a stranger is told the same of any name.
  answer(request, kItems, node, {});
}

constexpr base::Bytes kDisco[] = {kInfo, kItems};
constexpr Hook kHooks[] = {
    {IqKind::get, static_cast<uint8_t>(To::host), "query", kInfo, answer_host_info},
    {IqKind::get, static_cast<uint8_t>(To::host), "query", kItems, answer_host_items},
    {IqKind::get, To::self | To::other, "query", kInfo, answer_account_info},
    {IqKind::get, To::self | To::other, "query", kItems, answer_account_items},
};

}  // namespace

constinit const Feature service_discovery{.xep = 30,
                                          .title = "Service Discovery",
                                          .version = "2.5.0",
                                          .disco = kDisco,
                                          .disco_account = kDisco,
                                          .hooks = kHooks};

}  // namespace xmpp::xep
