// Whether a message belongs into an account's archive (XEP-0313 §5.1.1, XEP-0334 §4, XEP-0441).
// Pure functions of the stanza, the user and the options; the user's shard.
#pragma once

#include "protocols/im/archive/preferences.h"
#include "protocols/im/archive/record.h"
#include "protocols/im/realm.h"
#include "protocols/im/stanza.h"
#include "protocols/im/user.h"

namespace im {

// What the message itself says: a conversation with a body, or with <store/>, that neither forbids
// it nor is a copy.
bool is_archivable(const Stanza& message);

// What the user and the operator say of messages exchanged with this JID.
bool wants_archived(const User& user, const jid::JidView& with, const Options& options);

// Both, for a message that `user` sent (outgoing) or was sent and did not refuse. The record views
// the stanza, the user, and `scratch`, which receives the packed stanza. False: it is not to be
// archived. The stanza must have its id.
[[nodiscard]] bool to_archive(const User& user, const Stanza& message, MessageId id,
                              base::WallTime when, bool outgoing, const Options& options,
                              base::Sink& scratch, ArchiveRecord& out);

}  // namespace im
