#include "engine/trace/record.h"

#include <algorithm>
#include <cstring>

#include "engine/base/check.h"

namespace trace {

namespace {

// In front of every field; `length` bytes of text or eight bytes of number follow.
struct FieldHeader {
  const char* key;
  uint32_t length;
  bool numeric;
  bool truncated;
};

}  // namespace

static uint32_t kept_length(const Field& field, uint32_t text_max) {
  CHECK(field.key != nullptr && text_max <= kStanzaBytesMax);
  if (field.numeric) return sizeof field.number;
  return static_cast<uint32_t>(std::min<size_t>(field.text.size(), text_max));
}

uint32_t encoded_size(std::initializer_list<Field> fields, uint32_t text_max) {
  CHECK(fields.size() <= kFieldsMax);
  uint32_t size = sizeof(RecordHeader);
  for (const Field& field : fields) size += sizeof(FieldHeader) + kept_length(field, text_max);
  return (size + 7) & ~uint32_t{7};
}

bool encode(RecordHeader header, std::initializer_list<Field> fields, uint32_t text_max,
            char* out) {
  CHECK(header.size >= sizeof header && header.size % 8 == 0);
  CHECK(fields.size() <= kFieldsMax);
  header.fields = static_cast<uint8_t>(fields.size());
  const char* end = out + header.size;
  bool any_truncated = false;
  std::memcpy(out, &header, sizeof header);
  out += sizeof header;
  for (const Field& field : fields) {
    const uint32_t length = kept_length(field, text_max);
    const bool truncated = !field.numeric && length < field.text.size();
    any_truncated = any_truncated || truncated;
    const FieldHeader field_header{field.key, length, field.numeric, truncated};
    std::memcpy(out, &field_header, sizeof field_header);
    out += sizeof field_header;
    const char* payload =
        field.numeric ? reinterpret_cast<const char*>(&field.number) : field.text.data();
    if (length > 0) std::memcpy(out, payload, length);
    out += length;
  }
  CHECK(out <= end && end - out < 8);
  return any_truncated;
}

FieldReader::FieldReader(const char* record) : at_(record + sizeof(RecordHeader)) {
  std::memcpy(&header_, record, sizeof header_);
  left_ = header_.fields;
  CHECK(header_.size >= sizeof header_ && left_ <= kFieldsMax);
  end_ = record + header_.size;
}

bool FieldReader::next() {
  if (left_ == 0) return false;
  --left_;
  FieldHeader field{};
  CHECK(static_cast<size_t>(end_ - at_) >= sizeof field);
  std::memcpy(&field, at_, sizeof field);
  at_ += sizeof field;
  CHECK(field.key != nullptr);
  CHECK(field.length <= static_cast<size_t>(end_ - at_));
  key_ = field.key;
  numeric_ = field.numeric;
  truncated_ = field.truncated;
  text_ = numeric_ ? base::Bytes{} : base::Bytes{at_, field.length};
  if (numeric_) std::memcpy(&number_, at_, sizeof number_);
  at_ += field.length;
  return true;
}

}  // namespace trace
