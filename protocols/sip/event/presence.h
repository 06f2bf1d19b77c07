// The presence package (RFC 3856): a user's state as application/pidf+xml, made once a version and
// shared by all who watch. One a shard; its calls there.
#pragma once

#include "protocols/sip/event/package.h"

namespace sip {

class PresencePackage final : public Package {
 public:
  base::Bytes name() const override { return "presence"; }
  base::Bytes media_type() const override { return "application/pidf+xml"; }
  bool has_entity_tags() const override { return true; }
  bool is_news(const Subscription&) const override { return true; }
  std::shared_ptr<const std::string> body(const Subscription& subscription,
                                          uint32_t version) override;
};

}  // namespace sip
