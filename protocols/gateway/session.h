// One session of messages, begun by INVITE (RFC 3261 §13): its two users, its dialog, and where it
// stands. Plain data of its SessionTable's; one shard.
#pragma once

#include <deque>
#include <string>

#include "engine/seam/turn.h"
#include "protocols/gateway/pager.h"
#include "protocols/sip/dialog/dialog.h"
#include "protocols/sip/handler.h"
#include "protocols/sip/transaction/token.h"

namespace gateway {

struct Session;

class SessionUser {
 public:
  virtual ~SessionUser() = default;
  virtual void on_time(Session& session, engine::Turn& turn) = 0;
};

struct Session {
  enum class State : uint8_t {
    offered,   // by them; our 2xx waits for its ACK
    inviting,  // by us; without a final answer yet
    open,
    over,  // there is no dialog any more, and a message of ours has no answer yet
  };

  // A message of ours, which its sender has named.
  struct Waiting {
    uint64_t number = 0;
    PageOut page;
    bool again = false;  // it has been said before, in a session that was none
  };

  explicit Session(SessionUser& owner) : user(owner) {}
  void on_time(engine::Turn& turn) { user.on_time(*this, turn); }
  // Whose it is: the user of this shard.
  const std::string& owner() const { return peer == 0 ? theirs : ours; }

  SessionUser& user;
  sip::Place place;    // in the table
  std::string tag;     // names it: ours in the dialog
  std::string ours;    // bare JIDs: for whom we are the dialog's end,
  std::string theirs;  // and who is the other
  uint64_t peer = 0;   // SessionTable::make()
  sip::Flow flow;      // the way to a client, of `shard`
  engine::ShardId shard = 0;
  sip::Dialog dialog;
  State state = State::offered;
  // Our 2xx is sent until the ACK comes (§13.3.1.4).
  std::string accepted;
  sip::ReturnPath back;
  uint32_t invited = 0;  // CSeq of the INVITE, and of the ACK
  base::Duration interval{};
  base::Instant repeats{};
  base::Instant until{};
  // Said one after the other: the first may have been sent, `under_way`, and has no answer yet.
  std::deque<Waiting> waiting;
  bool under_way = false;
  bool telling = false;           // a notice of ours has no answer yet
  bool wants_no_notices = false;  // they have refused one
  engine::MemberTimer<Session, &Session::on_time> timer{*this};
};

}  // namespace gateway
