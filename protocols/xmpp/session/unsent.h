// Messages sent to a client without stream management that its socket has not taken yet. A session
// has this for as long as there are any, which for most is the blink of a turn: so it is lent out
// of a pool, and the way of a message allocates nothing.
// The pool belongs to a Service; that shard only.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "protocols/im/realm.h"

namespace xmpp {

struct Unsent {
  struct Message {
    im::Realm::Handed handed;
    size_t end = 0;  // of it in `packed`
  };

  // The messages that were asked about have been taken. False: there are no others.
  bool drop_asked();

  std::string packed;
  std::vector<Message> messages;
  size_t asked = 0;  // so many of them will be taken when Peer::on_sent comes
};

class UnsentPool {
 public:
  static constexpr size_t kSparesMax = 256;
  static constexpr size_t kSpareBytesMax = 4096;  // of one; what grew beyond is given back

  std::unique_ptr<Unsent> take();
  void give(std::unique_ptr<Unsent> unsent);
  size_t spares() const { return spares_.size(); }

 private:
  std::vector<std::unique_ptr<Unsent>> spares_;
};

}  // namespace xmpp
