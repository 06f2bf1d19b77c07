// Names of devices and resources as ids of tuples, which are XML names (xs:ID): "ID-" before the
// name of an XMPP resource, as RFC 8048 §4.2 recommends, and _xHH for every ASCII byte that has no
// place in one, '_' included. Different names stay different.
// Pure functions; any shard.
#pragma once

#include "engine/base/bytes.h"

namespace sip {

constexpr base::Bytes kResourceIdPrefix = "ID-";

void write_name_as_id(base::Bytes name, base::Sink& out);  // without the prefix
// Appends the resource that an id of ours, or of another gateway, stands for. False, and nothing
// appended: it does not begin as those do.
[[nodiscard]] bool read_resource_id(base::Bytes id, base::Sink& out);

}  // namespace sip
