#include "protocols/xmpp/session/unsent.h"

#include "engine/base/check.h"

namespace xmpp {

bool Unsent::drop_asked() {
  CHECK(asked > 0 && asked <= messages.size());
  const size_t taken = messages[asked - 1].end;
  packed.erase(0, taken);
  messages.erase(messages.begin(), messages.begin() + static_cast<ptrdiff_t>(asked));
  for (Message& message : messages) message.end -= taken;
  asked = 0;
  return !messages.empty();
}

std::unique_ptr<Unsent> UnsentPool::take() {
  if (spares_.empty()) return std::make_unique<Unsent>();
  std::unique_ptr<Unsent> unsent = std::move(spares_.back());
  spares_.pop_back();
  return unsent;
}

void UnsentPool::give(std::unique_ptr<Unsent> unsent) {
  const size_t bytes =
      unsent->packed.capacity() + unsent->messages.capacity() * sizeof(Unsent::Message);
  if (spares_.size() >= kSparesMax || bytes > kSpareBytesMax) return;
  unsent->packed.clear();
  unsent->messages.clear();
  unsent->asked = 0;
  spares_.push_back(std::move(unsent));
}

}  // namespace xmpp
