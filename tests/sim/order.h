// Checker 1, second half: what one full JID sent to one recipient arrives in the order in which it
// was sent, whatever happened on the way (hand-over, resumption, offline storage, carbons).
// Every checker returns "" or the first thing that is wrong.
#pragma once

#include <string>
#include <vector>

#include "tests/sim/client.h"
#include "tests/sim/crash.h"

namespace sim {

using Clients = std::vector<const Client*>;

// Bodies are "m<number>", numbers grow with the time of sending. The ids that an account stamps on
// what reaches it (XEP-0359) grow, too: so they must be in the order of the numbers, per sender.
// A message that was lost with the node before it was on its disk, and that its author sent again,
// may arrive a second time under another id.
std::string check_arrival_order(const Clients& clients, const Crashes& crashes = {});
// Every client is then given what reached its account, per sender and address, in that order and
// once. Excused is only what a session that ended unacknowledged handed back (XEP-0198 §4), and
// what overtook stored messages because it was addressed to a resource that had no presence yet
// (RFC 6121 §8.5.3.1 has it delivered at once). After a crash a message may come again, with the id
// it had: but not to a session that was resumed, if the disk knew that it had been sent there.
std::string check_delivery_order(const Clients& clients, const Crashes& crashes = {});
// Statuses are "s<number>": no watcher is shown an older presence of a resource after a newer one,
// unless the newer was not on the disk when the node died.
std::string check_presence_order(const Clients& clients, const Crashes& crashes = {});

}  // namespace sim
