// What the host says it can do (XEP-0030 disco#info), as data: written out by service_discovery.cc
// and hashed by entity_capabilities.cc, so that the two cannot differ.
// Made when needed, from the options alone; any shard.
#pragma once

#include <string>
#include <vector>

#include "protocols/xmpp/feature.h"

namespace xmpp::xep {

struct Identity {
  std::string category;
  std::string type;
  std::string lang;
  std::string name;
};

struct DiscoInfo {
  std::vector<Identity> identities;
  std::vector<std::string> features;  // sorted, each once
  std::vector<DataForm> forms;
};

DiscoInfo host_info(const Options& options);
DiscoInfo account_info(const Options& options);
// The children of <query xmlns='…disco#info'>.
void write(const DiscoInfo& info, base::Sink& out);
// XEP-0115 §5.1: the base64 of the SHA-1 over the info in its canonical order.
std::string verification_string(const DiscoInfo& info);

}  // namespace xmpp::xep
