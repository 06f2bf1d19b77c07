// The message-summary package (RFC 3842): how many messages wait for the user in the store, told to
// herself and to users of peers with `watches`, as application/simple-message-summary. A message
// waits until one of her clients has confirmed it. One a shard; its calls there.
#pragma once

#include "protocols/sip/event/package.h"

namespace sip {

class MessageWaitingPackage final : public Package {
 public:
  base::Bytes name() const override { return "message-summary"; }
  base::Bytes media_type() const override { return "application/simple-message-summary"; }
  Audience audience() const override { return Audience::herself_and_granted; }
  bool is_news(const Subscription& subscription) const override;
  std::shared_ptr<const std::string> body(const Subscription& subscription,
                                          uint32_t version) override;
  void on_sent(Subscription& subscription) override;
};

}  // namespace sip
