// The namespace declarations of a stream header, which every stanza of the stream inherits, in the
// few bytes that are kept of the header: for each the sizes of prefix and URI, then both.
// Values; belong to their stream.
#pragma once

#include <cstdint>
#include <cstring>

#include "engine/base/bytes.h"
#include "engine/base/check.h"

namespace xml {

// The most a peer can make us keep of its header for as long as it is connected.
constexpr uint32_t kDeclarationBytesMax = 2048;
constexpr uint32_t kDeclarationBytesMin = 4;  // of one

inline void append_declaration(base::Bytes prefix, base::Bytes uri, base::Sink& out) {
  CHECK(prefix.size() <= UINT16_MAX && uri.size() <= UINT16_MAX);
  const uint16_t sizes[2] = {static_cast<uint16_t>(prefix.size()),
                             static_cast<uint16_t>(uri.size())};
  out.append(reinterpret_cast<const char*>(sizes), sizeof sizes);
  out.append(prefix);
  out.append(uri);
}

// Takes one off the front; false: there are no more.
inline bool next_declaration(base::Bytes& all, base::Bytes& prefix, base::Bytes& uri) {
  if (all.empty()) return false;
  uint16_t sizes[2];
  CHECK(all.size() >= sizeof sizes);
  std::memcpy(sizes, all.data(), sizeof sizes);
  CHECK(all.size() - sizeof sizes >= size_t{sizes[0]} + sizes[1]);
  prefix = all.substr(sizeof sizes, sizes[0]);
  uri = all.substr(sizeof sizes + sizes[0], sizes[1]);
  all.remove_prefix(sizeof sizes + sizes[0] + sizes[1]);
  return true;
}

}  // namespace xml
