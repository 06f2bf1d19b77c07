// A client's bytes into a stream, in the clear and not logged in, or logged in and bound. The first
// octet chooses which, the second how the rest is cut. Nothing may crash, and what is open at the
// end must go away without a trace.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "tests/protocols/xmpp/support/dialogue.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  const bool bound = (data[0] & 1) != 0;
  const size_t piece = data[1] == 0 ? size : data[1];
  base::Bytes in(reinterpret_cast<const char*>(data) + 2, size - 2);
  xmpp_test::FakeNode node(2);
  node.partition.owners["alice@localhost"] = (data[0] & 2) != 0 ? 1 : 0;
  const auto client = node.connect();
  if (bound) xmpp_test::enter(node, client);
  while (!in.empty()) {
    const base::Bytes part = in.substr(0, piece);
    node.send(client, part);
    in.remove_prefix(part.size());
  }
  node.advance(base::Duration::seconds(2));
  node.drop(client);
  // A session that can be resumed waits five minutes.
  node.advance(base::Duration::seconds(301));
  for (const engine::ShardId shard : {0, 1}) {
    if (node.service(shard).stream_count() != 0) std::abort();
    if (node.service(shard).session_count() != 0) std::abort();
  }
  return 0;
}
