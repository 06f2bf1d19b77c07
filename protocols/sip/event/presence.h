// The presence package (RFC 3856): a user's state as application/pidf+xml, made once a version and
// shared by all who watch. One a shard; its calls there.
#pragma once

#include "protocols/sip/event/package.h"

namespace sip {

class PresencePackage final : public Package {
 public:
  base::Bytes name() const override { return "presence"; }
  base::Bytes media_type() const override { return "application/pidf+xml"; }
  std::shared_ptr<const std::string> body(Subscription& subscription) override;
};

}  // namespace sip
