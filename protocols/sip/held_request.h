// A request that waits for something outside of its shard, the store say: as it came, to be read
// again when it goes on. Whoever holds one bounds their number; each is as large as its message.
#pragma once

#include <string>

#include "protocols/sip/handler.h"

namespace sip {

class HeldRequest {
 public:
  explicit HeldRequest(const Received& request);

  size_t bytes() const { return bytes_.size(); }
  const ReturnPath& back() const { return back_; }

  // Calls `f` with the request.
  template <class F>
  void use(F f) const {
    Message message;
    Essentials essentials;
    read(message, essentials);
    f(Received{message, essentials, back_, source_, account_});
  }

 private:
  void read(Message& message, Essentials& essentials) const;

  const std::string bytes_;
  const ReturnPath back_;
  const Flow source_;
  const std::string account_;
};

}  // namespace sip
