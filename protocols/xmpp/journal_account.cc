#include "protocols/xmpp/journal_account.h"

#include "protocols/im/journal_entry.h"
#include "protocols/im/presentity/publication.h"
#include "protocols/jid/jid.h"
#include "protocols/xmpp/session/snapshot.h"

namespace xmpp {

std::string journal_account(const engine::JournalEntry& entry) {
  switch (static_cast<im::EntryKind>(entry.key.kind)) {
    case im::EntryKind::message: {
      im::Stanza stanza;
      return im::unpack(entry.bytes, stanza) ? std::string(stanza.to.bare()) : std::string();
    }
    case im::EntryKind::publication:
    case im::EntryKind::subscription: {
      base::Bytes account;
      base::Bytes report;
      return im::unpack_entry(entry.bytes, account, report) ? std::string(account) : std::string();
    }
    case im::EntryKind::binding:  // in front of what only the gateway reads
      return entry.bytes.substr(0, entry.bytes.find('\n'));
    case im::EntryKind::session: {
      SessionSnapshot snapshot;
      if (!unpack(entry.bytes, snapshot)) return {};
      return std::string(jid::JidView::trusted(snapshot.full_jid).bare());
    }
  }
  return {};
}

}  // namespace xmpp
