// The two ways an IQ of ours is answered: to a client with a JID, or to a stream that has none yet.
// On the stack while a hook runs; that shard only.
#pragma once

#include "protocols/xmpp/feature.h"

namespace xmpp {

class Stream;

class IqRequest final : public Request {
 public:
  IqRequest(engine::Turn& t, im::Realm& r, const Options& o, const im::Stanza& s, xml::Element p,
            Session* se, im::User* u, To a)
      : Request(t, r, o, s, p, se, u, a) {}
  ~IqRequest() override;
  void result(base::Bytes payload_xml) override;
  void error(im::ErrorCondition condition, base::Bytes text) override;
  ReplyAddress later() override;

 private:
  void reply(const im::Stanza& answer);
  bool answered_ = false;
};

class EarlyIqRequest final : public Request {
 public:
  EarlyIqRequest(engine::Turn& t, im::Realm& r, const Options& o, const im::Stanza& s,
                 xml::Element p, Stream& stream)
      : Request(t, r, o, s, p, nullptr, nullptr, To::host), stream_(stream) {}
  ~EarlyIqRequest() override;
  void result(base::Bytes payload_xml) override;
  void error(im::ErrorCondition condition, base::Bytes text) override;
  ReplyAddress later() override;

 private:
  Stream& stream_;
  bool answered_ = false;
};

}  // namespace xmpp
