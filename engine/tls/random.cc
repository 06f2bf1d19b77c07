#include "engine/tls/random.h"

#include <openssl/mem.h>
#include <openssl/rand.h>

#include <cstring>

#include "engine/base/check.h"

namespace engine {

static void draw(char* out, size_t length) {
  const int done = RAND_bytes(reinterpret_cast<uint8_t*>(out), length);
  CHECK(done == 1);
}

SecureRandom::~SecureRandom() { OPENSSL_cleanse(block_.data(), block_.size()); }

void SecureRandom::fill(char* out, size_t length) {
  CHECK(used_ <= kBlock);
  if (length == 0) return;
  if (length >= kBlock) {
    draw(out, length);
    return;
  }
  if (length > kBlock - used_) {
    draw(block_.data(), kBlock);
    used_ = 0;
  }
  CHECK(used_ + length <= kBlock);
  std::memcpy(out, block_.data() + used_, length);
  // What has been handed out must not be found here later.
  OPENSSL_cleanse(block_.data() + used_, length);
  used_ += length;
}

}  // namespace engine
