// What waits for a client that said it is inactive (XEP-0352): presence, the latest of each sender
// only, and messages that carry nothing for a person to read. Chat states are not kept at all.
// Order of arrival is kept. Made by the first <inactive/>, owned by the Session.
// Limits: Options::csi_queue_max stanzas and kBytesMax; when one is reached everything is flushed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/base/packed_string.h"
#include "protocols/im/stanza.h"

namespace xmpp {

class ClientState {
 public:
  enum class Verdict : uint8_t {
    pass,   // urgent: send what waits, then this
    keep,   // wait with it
    drop,   // of no use later
  };
  static constexpr size_t kBytesMax = 65536;   // of packed stanzas
  static Verdict judge(const im::Stanza& stanza);

  // Keeps im::pack()ed stanzas. `from` replaces an earlier presence of the same sender; "" for
  // anything else. True: it did replace one.
  bool keep(base::Bytes from, base::Bytes packed);
  size_t size() const { return live_; }
  size_t bytes() const { return bytes_; }
  template <class Visit>
  void for_each(Visit visit) const {
    for (const Entry& e : entries_) {
      if (!e.stanza.empty()) visit(e.stanza.view());
    }
  }

 private:
  struct Entry {
    base::PackedString from;
    base::PackedString stanza;     // packed; empty: replaced by a later one
  };
  std::vector<Entry> entries_;
  size_t live_ = 0;
  size_t bytes_ = 0;
};

}  // namespace xmpp
