#include "engine/net/send_queue.h"

#include <string.h>

#include <algorithm>

#include "engine/base/check.h"

namespace engine {

static_assert(sizeof(SendChunk) == 4096, "a chunk is a page");

ChunkPool::~ChunkPool() {
  for (; free_ != nullptr; --free_count_) delete std::exchange(free_, free_->next);
  CHECK(free_count_ == 0);
}

SendChunk* ChunkPool::take() {
  SendChunk* chunk = free_;
  if (chunk == nullptr) return new SendChunk;
  CHECK(free_count_ > 0);
  free_ = chunk->next;
  --free_count_;
  chunk->next = nullptr;
  chunk->begin = chunk->end = 0;
  return chunk;
}

void ChunkPool::give(SendChunk* chunk) {
  CHECK(chunk != nullptr);
  if (free_count_ >= spare_) {
    delete chunk;
    return;
  }
  CHECK(chunk->begin == chunk->end);  // nothing unsent in it
  chunk->next = free_;
  free_ = chunk;
  ++free_count_;
}

SendQueue::~SendQueue() {
  CHECK((head_ == nullptr) == (size_ == 0));
  while (head_ != nullptr) delete std::exchange(head_, head_->next);
}

void SendQueue::append(base::Bytes bytes, ChunkPool& pool) {
  CHECK(bytes.size() <= UINT32_MAX - size_);
  size_ += static_cast<uint32_t>(bytes.size());
  while (!bytes.empty()) {
    if (tail_ == nullptr || tail_->end == SendChunk::kBytes) {
      SendChunk* fresh = pool.take();
      (tail_ == nullptr ? head_ : tail_->next) = fresh;
      tail_ = fresh;
    }
    const size_t n = std::min<size_t>(bytes.size(), SendChunk::kBytes - tail_->end);
    memcpy(tail_->bytes + tail_->end, bytes.data(), n);
    tail_->end += static_cast<uint32_t>(n);
    bytes.remove_prefix(n);
  }
  CHECK((head_ == nullptr) == (size_ == 0) && (tail_ == nullptr || tail_->next == nullptr));
}

size_t SendQueue::gather(iovec* pieces, size_t limit) const {
  CHECK(limit > 0);
  size_t count = 0;
  for (SendChunk* chunk = head_; chunk != nullptr && count < limit; chunk = chunk->next) {
    pieces[count++] = {chunk->bytes + chunk->begin, chunk->end - chunk->begin};
  }
  CHECK((count == 0) == (size_ == 0));
  return count;
}

base::Bytes SendQueue::front() const {
  if (head_ == nullptr) return {};
  CHECK(head_->begin < head_->end);
  return {head_->bytes + head_->begin, head_->end - head_->begin};
}

void SendQueue::consume(uint32_t bytes, ChunkPool& pool) {
  CHECK(bytes <= size_);
  size_ -= bytes;
  while (bytes > 0) {
    CHECK(head_ != nullptr && head_->begin < head_->end);
    const uint32_t n = std::min(bytes, head_->end - head_->begin);
    head_->begin += n;
    bytes -= n;
    if (head_->begin != head_->end) return;
    pool.give(std::exchange(head_, head_->next));
    if (head_ == nullptr) tail_ = nullptr;
  }
  CHECK((head_ == nullptr) == (size_ == 0));
}

}  // namespace engine
