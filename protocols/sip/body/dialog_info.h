// The calls of a line (application/dialog-info+xml, RFC 4235): read where a call manager or a phone
// tells us of them, written where we tell others. A table keeps what partial documents build on.
// Views are valid until the next read(), as long as the body's bytes are. One shard each.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "protocols/im/presentity/report.h"
#include "protocols/sip/body/xml_body.h"

namespace sip {

constexpr size_t kDialogsMax = 32;  // of one line; more make the document too large

enum class CallState : uint8_t { trying, proceeding, early, confirmed, terminated };  // §3.7.1

struct Call {
  base::Bytes id;
  CallState state = CallState::trying;
  bool incoming = false;  // direction recipient
  bool held = false;      // +sip.rendering no, of our side (RFC 4235 §4.1.6.2, RFC 4235 §6.2)
};

struct DialogInfo {
  base::Bytes entity;
  uint32_t version = 0;
  bool full = true;
  std::vector<Call> calls;
};

class DialogInfoReader {
 public:
  [[nodiscard]] BodyFault read(base::Bytes body, DialogInfo& out);

 private:
  XmlBody body_;
};

// One line's calls, through full and partial documents.
class CallTable {
 public:
  enum class Applied : uint8_t {
    changed,   // state() may be another
    old,       // a version we had: nothing is changed (§4.3)
    gap,       // one is missing: nothing is changed, a refresh brings a full document
    too_many,  // calls; nothing is changed
  };
  Applied apply(const DialogInfo& info);
  // Talking outdoes ringing, ringing a call on hold.
  im::LineState state() const;
  size_t size() const { return calls_.size(); }

 private:
  struct Entry {
    std::string id;
    CallState state;
    bool incoming;
    bool held;
  };

  std::vector<Entry> calls_;  // none is terminated
  uint32_t version_ = 0;
  bool began_ = false;
};

// What a line does, as one dialog with that state, or none: without whom it speaks to.
void write_dialog_info(base::Bytes entity, uint32_t version, im::LineState state, base::Sink& out);

}  // namespace sip
