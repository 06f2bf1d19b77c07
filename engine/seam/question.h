// What a protocol asks of the world outside its shard (the store, a slow digest) and gets back
// later, on the same shard, as the same object with its answer filled in. The seam knows only how
// to carry it; protocols/im/store_request.h says what can be asked of the store, names.h what of
// names.
// Owned by whoever holds the pointer; crosses threads through mailboxes only.
#pragma once

#include <cstdint>
#include <memory>

#include "engine/seam/ids.h"

namespace engine {

struct Question {
  enum class To : uint8_t { store, names };

  virtual ~Question() = default;
  To to = To::store;
  ShardId asked_by = 0;  // filled in by the engine
};
using QuestionPtr = std::unique_ptr<Question>;

}  // namespace engine
