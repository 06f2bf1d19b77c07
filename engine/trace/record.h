// One trace record as it lies in a ring: a header, then the fields, all in native order. Event and
// keys are pointers to string literals; texts are copied, cut to a stated length.
// Written by one thread, read by whoever drains its ring.
#pragma once

#include <initializer_list>

#include "engine/base/bytes.h"
#include "engine/base/time.h"
#include "engine/trace/trace.h"

namespace trace {

inline constexpr uint32_t kFieldsMax = 16;
inline constexpr uint32_t kTextBytesMax = 1024;     // of one field
inline constexpr uint32_t kStanzaBytesMax = 16384;  // of one watched stanza

struct RecordHeader {
  uint32_t size = 0;  // of the whole record, a multiple of 8
  Component component{};
  Level level{};
  uint8_t fields = 0;
  uint8_t watched_only = 0;  // for watchers, not for the log
  base::WallTime time;
  const char* event = nullptr;
};
static_assert(sizeof(RecordHeader) == 24);

// Bytes that encode() will write: a multiple of 8.
uint32_t encoded_size(std::initializer_list<Field> fields, uint32_t text_max);
// `out` has header.size bytes; header.fields is filled in here. True: a text had to be cut.
bool encode(RecordHeader header, std::initializer_list<Field> fields, uint32_t text_max, char* out);

// Walks the fields of an encoded record, which must stay where it is meanwhile.
class FieldReader {
 public:
  explicit FieldReader(const char* record);
  const RecordHeader& header() const { return header_; }
  bool next();  // false: no more
  const char* key() const { return key_; }
  bool numeric() const { return numeric_; }
  int64_t number() const { return number_; }
  base::Bytes text() const { return text_; }
  bool truncated() const { return truncated_; }

 private:
  const char* at_;
  const char* end_ = nullptr;
  RecordHeader header_;
  uint8_t left_;
  const char* key_ = nullptr;
  base::Bytes text_;
  int64_t number_ = 0;
  bool numeric_ = false;
  bool truncated_ = false;
};

}  // namespace trace
