// Requests that want an answer and no more: OPTIONS, which a server answers itself, and MESSAGE,
// which has to reach somebody: an XMPP client that is signed in, or, where the server relays to it,
// the generator's own SIP socket. A message is counted when it was answered and has arrived; with
// `away=1`, when nobody is there, as soon as it is answered.
// One worker's part; its thread.
#pragma once

#include "bench/load/phases/sip_activity.h"

namespace load {

class SipOptions final : public SipActivity {
 public:
  using SipActivity::SipActivity;

 protected:
  void begin(int64_t now) override;
  void on_heard(uint32_t place, int64_t sent, int64_t now) override;

 private:
  void ask(uint32_t place, int64_t now);

  uint32_t asked_ = 0;
};

class SipMessages final : public SipActivity {
 public:
  explicit SipMessages(const Stage& stage);
  void on_bytes(Client& client, base::Bytes bytes, int64_t now) override;

 protected:
  void begin(int64_t now) override;
  void on_heard(uint32_t place, int64_t sent, int64_t now) override;
  void on_request(const sip::Message& request, int64_t now) override;

 private:
  void say(uint32_t place, int64_t now);

  const uint32_t parties_;
  const std::string text_;
  uint32_t said_ = 0;
};

}  // namespace load
