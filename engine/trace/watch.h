// Watching one user live: every record that names the watched bare JID (as user, jid, from or to),
// at every level, and every stanza of that user, as logfmt lines in a bounded queue. The log thread
// fills the queue (log.h: pump), the admin socket reads it.
// Any thread. At most 8 watchers; a slow reader loses the newest lines, counted.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>

#include "engine/base/bytes.h"
#include "engine/trace/trace.h"

namespace trace {

inline constexpr size_t kWatchersMax = 8;
inline constexpr size_t kWatchQueueBytesMax = 262144;

class FieldReader;

class Watch {
 public:
  // Null: too many watchers already. The JID must be normalised, as records name it.
  static std::unique_ptr<Watch> open(base::Bytes bare_jid);
  ~Watch();
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  // Appends the whole lines gathered since the last call; returns how many were lost meanwhile.
  uint64_t read(base::Sink& lines);

 private:
  friend void hand_to_watchers(const char* record, base::Bytes line);
  Watch(base::Bytes bare_jid, size_t slot) : bare_jid_(bare_jid), slot_(slot) {}
  bool concerns(FieldReader fields) const;

  const std::string bare_jid_;
  const size_t slot_;
  std::string lines_;
  uint64_t lost_ = 0;
};

// Inside the trace module: does a field name a watched user, as far as a hash can tell?
bool names_watched(std::initializer_list<Field> fields);
// Called for every drained record while somebody watches.
void hand_to_watchers(const char* record, base::Bytes line);

}  // namespace trace
