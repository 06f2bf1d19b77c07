// What a notification about a list begins with: who is on it, in what state, and which part of the
// multipart body has his document (application/rlmi+xml, RFC 4662 §5). One instance a resource.
// Appends to the sink and to nothing else. Lives on the stack of one document.
#pragma once

#include <cstdint>

#include "engine/base/bytes.h"

namespace sip {

enum class InstanceState : uint8_t { active, pending, terminated };

struct RlmiResource {
  base::Bytes uri;
  base::Bytes name;         // for people; "" if none
  base::Bytes instance_id;  // "": the resource has no instance, nothing is known of it
  InstanceState state = InstanceState::active;
  base::Bytes reason;  // of terminated: "rejected", "noresource", … (RFC 6665 §4.1.3)
  base::Bytes cid;     // Content-ID of the part, without its brackets; "": none comes with it
};

class RlmiWriter {
 public:
  // `version` starts at 0 with each subscription and grows by one; the first is full (§5.2).
  RlmiWriter(base::Bytes list_uri, uint32_t version, bool full_state, base::Sink& out);
  void resource(const RlmiResource& resource);
  void end();

 private:
  base::Sink& out_;
};

}  // namespace sip
