// What the SIP phases have in common: requests go out with a tick in their branch, by which their
// answer is known, and every request of the server's is answered 200. Closed loop: `window` places,
// each with one thing under way; when that is over, the phase goes on at this place.
// One worker's part; its thread.
#pragma once

#include <string>

#include "bench/load/phases/activity.h"
#include "bench/load/phases/ledger.h"
#include "bench/load/sip/link.h"

namespace load {

class SipActivity : public Activity, private LinkEvents {
 public:
  explicit SipActivity(const Stage& stage);

  int64_t on_turn(int64_t now) override;
  bool over(int64_t now) override;
  void finish() override;

 protected:
  struct Request {
    base::Bytes method;
    base::Bytes uri;
    base::Bytes from;  // with its tag
    base::Bytes to;
    base::Bytes call_id;
    uint32_t cseq = 1;
    base::Bytes fields;  // more of them, each with its line end
    base::Bytes body;
    bool ticked = false;  // the tick is said in the body, too, at its end
  };

  // Once, when there is a way to the server.
  virtual void begin(int64_t now) = 0;
  // The final answer to what was sent from this place, 2xx.
  virtual void on_answer(uint32_t, const sip::Message&, int64_t) {}
  // All parties have heard what was sent from this place at `sent`.
  virtual void on_heard(uint32_t place, int64_t sent, int64_t now) = 0;
  // A request of the server's; it has been answered.
  virtual void on_request(const sip::Message&, int64_t) {}

  // `parties`: how many there are to hear of it; who answers it is one.
  // Returns its tick.
  uint32_t send(uint32_t place, const Request& request, int64_t now, uint32_t parties = 1);
  // What somebody else than who answers has heard.
  void hear(uint32_t tick, int64_t now);
  void count(int64_t sent, int64_t now);
  void fail(const std::string& what);

  uint32_t places() const { return stage_.share(stage_.phase.count("window")); }
  bool failed() const { return failed_; }
  bool ended(int64_t now) const { return failed_ || now >= stage_.order.measure_to; }
  const Link& link() const { return link_; }
  // Of who is here: the peer as the server knows it, by its transport.
  base::Bytes peer_domain() const { return stage_.phase.over_tcp ? "tcp.peer" : "udp.peer"; }
  // The address of one of the worker's accounts, one after the other.
  const std::string& next_user();

 private:
  void on_message(const sip::Message& message, uint32_t from, int64_t now) final;
  void on_response(const sip::Message& response, int64_t now);
  void on_lost(const std::string& why) final;
  void answer(const sip::Message& request, uint32_t to);
  void close(Entry& entry, int64_t now);

  Link link_;
  Ledger ledger_;
  bool begun_ = false;
  bool failed_ = false;
  uint32_t next_user_ = 0;
  std::vector<std::string> users_;
};

// "00c0ffee"
std::string hexadecimal(uint32_t number);

}  // namespace load
