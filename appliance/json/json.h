// Writing JSON (RFC 8259), for the admin socket and the command line. Reading is simdjson's.
// Values; any thread; no limits of its own.
#pragma once

#include <cstdint>

#include "engine/base/bytes.h"

namespace appliance {

// Appends to a sink; commas are its business, balance is the caller's.
class JsonWriter {
 public:
  explicit JsonWriter(base::Sink& out) : out_(out) {}
  JsonWriter& begin_object();
  JsonWriter& end_object();
  JsonWriter& begin_array();
  JsonWriter& end_array();
  JsonWriter& key(base::Bytes name);
  JsonWriter& text(base::Bytes value);  // bytes that are not UTF-8 become U+FFFD
  JsonWriter& number(int64_t value);
  JsonWriter& boolean(bool value);

  // `"name":value`
  JsonWriter& member(base::Bytes name, base::Bytes value) { return key(name).text(value); }
  JsonWriter& member(base::Bytes name, const char* value) { return key(name).text(value); }
  JsonWriter& member(base::Bytes name, int64_t value) { return key(name).number(value); }
  JsonWriter& flag(base::Bytes name, bool value) { return key(name).boolean(value); }

 private:
  void separate();
  base::Sink& out_;
  bool comma_ = false;
};

}  // namespace appliance
