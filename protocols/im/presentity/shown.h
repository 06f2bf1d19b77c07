// What XMPP clients are told of what no XMPP client of the user says: presence of one more resource
// of hers, with a show and a status that people can read. Empty while her own clients say it all.
// A pure function. Any shard.
#pragma once

#include "protocols/im/presentity/composition.h"
#include "protocols/im/presentity/options.h"

namespace im {

// `all` is what every source says, `clients` what her XMPP resources say alone. Appends the packed
// presence (stanza.h), which has no recipient; nothing when there is nothing to say.
void show(base::Bytes bare_jid, const Composer& all, const Composer& clients,
          const ShownPresence& how, base::Sink& packed);

}  // namespace im
