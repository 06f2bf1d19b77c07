#include "protocols/xmpp/client_state.h"

#include "engine/base/check.h"

namespace xmpp {

ClientState::Verdict ClientState::judge(const im::Stanza& stanza) {
  switch (stanza.kind) {
    case im::StanzaKind::iq:
      return Verdict::pass;
    case im::StanzaKind::presence:
      return stanza.type == im::StanzaType::available || stanza.type == im::StanzaType::unavailable
                 ? Verdict::keep
                 : Verdict::pass;
    case im::StanzaKind::message:
      if (stanza.facts.urgent || stanza.facts.body || stanza.type == im::StanzaType::error) {
        return Verdict::pass;
      }
      return stanza.facts.chat_state_only ? Verdict::drop : Verdict::keep;
  }
  CHECK(false);
}

bool ClientState::keep(base::Bytes from, base::Bytes packed) {
  CHECK(!packed.empty());
  bool replaced = false;
  if (!from.empty()) {
    for (Entry& entry : entries_) {
      if (entry.stanza.empty() || entry.from.view() != from) continue;
      CHECK(live_ > 0 && bytes_ >= entry.stanza.view().size());
      bytes_ -= entry.stanza.view().size();
      entry = {};
      --live_;
      replaced = true;
    }
  }
  // Holes are closed before they are half of the list.
  if (entries_.size() > 2 * live_ + 16) {
    std::erase_if(entries_, [](const Entry& entry) { return entry.stanza.empty(); });
    CHECK(entries_.size() == live_);
  }
  entries_.push_back({base::PackedString(from), base::PackedString(packed)});
  ++live_;
  bytes_ += packed.size();
  return replaced;
}

}  // namespace xmpp
