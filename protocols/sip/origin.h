// Who has sent a request that another node of ours passes on: that node says so in a field of its
// own, which counts from nodes of the cluster alone and is never passed on itself.
// Pure functions; any shard.
#pragma once

#include <vector>

#include "protocols/sip/handler.h"

namespace sip {

constexpr base::Bytes kOriginField = "Rollcall-Origin";

// The field's value: "udp" or "tcp", the address, the port, TrunkPeer::id of who it is by the
// certificate.
void write_origin(const Flow& source, base::Sink& out);

// Whose word a request is, for trusted_for() and its like: not the way back.
Flow origin_of(const Received& request, const std::vector<TrunkPeer>& peers);

}  // namespace sip
