#include "protocols/im/archive/policy.h"

#include <algorithm>

#include "engine/base/check.h"

namespace im {
namespace {

// XEP-0441 §2.2.1: a listed bare JID stands for all its resources.
bool lists(const std::vector<std::string>& jids, const jid::JidView& jid) {
  const auto has = [&jids](base::Bytes text) {
    return std::binary_search(jids.begin(), jids.end(), text);
  };
  return has(jid.full()) || has(jid.bare());
}

bool in_roster(const User& user, const jid::JidView& jid) {
  if (jid.bare() == user.bare_jid.view()) return true;  // notes to oneself
  const Contact* contact = user.roster.find(jid.bare());
  return contact != nullptr && contact->listed;
}

}  // namespace

bool is_archivable(const Stanza& message) {
  CHECK(message.kind == StanzaKind::message);
  if (message.type != StanzaType::normal && message.type != StanzaType::chat) return false;
  const Facts& facts = message.facts;
  if (facts.no_store || facts.carbon_wrapped || facts.chat_state_only) return false;
  return facts.body || facts.store;
}

bool wants_archived(const User& user, const jid::JidView& with, const Options& options) {
  if (!options.archive_enabled) return false;
  ArchiveDefault by_default = options.archive_default;
  if (const ArchivePreferences* wish = user.archive.get()) {
    if (lists(wish->never, with)) return false;
    if (lists(wish->always, with)) return true;
    by_default = wish->by_default;
  }
  switch (by_default) {
    case ArchiveDefault::always:
      return true;
    case ArchiveDefault::never:
      return false;
    case ArchiveDefault::roster:
      return in_roster(user, with);
  }
  CHECK(false);
}

bool to_archive(const User& user, const Stanza& message, MessageId id, base::WallTime when,
                bool outgoing, const Options& options, base::Sink& scratch, ArchiveRecord& out) {
  if (!is_archivable(message)) return false;
  CHECK(id);
  // RFC 6120 §10.3.1: without `to` it is for the sender's own account.
  const jid::JidView other =
      outgoing ? (message.to.empty() ? user.jid() : message.to) : message.from;
  if (other.empty() || !wants_archived(user, other, options)) return false;
  scratch.clear();
  pack(message, scratch);
  out = {.kind = ArchiveRecordKind::message,
         .owner = user.bare_jid.view(),
         .id = id,
         .with = other.full(),
         .when = when,
         .outgoing = outgoing,
         .stanza = scratch};
  return true;
}

}  // namespace im
