// The dialog package (RFC 4235): whether a user's lines are on a call, as
// application/dialog-info+xml with one dialog, without whom she speaks to. Who may see her presence
// may see this. Every document is full, so that a version may be left out. One a shard; its calls
// there.
#pragma once

#include "protocols/sip/event/package.h"

namespace sip {

class DialogPackage final : public Package {
 public:
  base::Bytes name() const override { return "dialog"; }
  base::Bytes media_type() const override { return "application/dialog-info+xml"; }
  bool is_news(const Subscription& subscription) const override;
  std::shared_ptr<const std::string> body(const Subscription& subscription,
                                          uint32_t version) override;
  void on_sent(Subscription& subscription) override;
};

}  // namespace sip
