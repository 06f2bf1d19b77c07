#include "engine/tls/ticket_keys.h"

#include <openssl/mem.h>
#include <openssl/rand.h>

#include <algorithm>

#include "engine/base/check.h"

namespace engine {

static TicketKey fresh_key() {
  TicketKey key;
  const int done = RAND_bytes(key.name.data(), key.name.size()) &
                   RAND_bytes(key.cipher.data(), key.cipher.size()) &
                   RAND_bytes(key.mac.data(), key.mac.size());
  CHECK(done == 1);
  CHECK(key.name != TicketKey{}.name && key.mac != TicketKey{}.mac);
  return key;
}

// The first `previous` is random too: no special case for "there is none yet".
TicketKeys::TicketKeys() : current_(fresh_key()), previous_(fresh_key()) {}

TicketKeys::~TicketKeys() {
  OPENSSL_cleanse(&current_, sizeof current_);
  OPENSSL_cleanse(&previous_, sizeof previous_);
}

void TicketKeys::rotate() {
  const TicketKey next = fresh_key();
  const std::lock_guard lock(mutex_);
  CHECK(next.name != current_.name && next.name != previous_.name);
  previous_ = current_;
  current_ = next;
}

TicketKey TicketKeys::current() const {
  const std::lock_guard lock(mutex_);
  return current_;
}

bool TicketKeys::find(const uint8_t* name, TicketKey& out, bool& renew) const {
  CHECK(name != nullptr);
  const std::lock_guard lock(mutex_);
  for (const TicketKey* key : {&current_, &previous_}) {
    if (std::equal(key->name.begin(), key->name.end(), name)) {
      out = *key;
      renew = key == &previous_;
      return true;
    }
  }
  return false;
}

}  // namespace engine
