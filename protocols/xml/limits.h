// What a peer may make us hold while it speaks XML. Each is a configuration key.
// Values, any shard. A limit that is hit is a Verdict of its own, counted and answered.
#pragma once

#include <cstdint>

namespace xml {

struct Limits {
  uint32_t depth = 64;             // open elements inside a stanza
  uint32_t attributes = 64;        // of one element, namespace declarations included
  uint32_t name_bytes = 255;       // of one qualified name
  uint32_t stanza_bytes = 262144;  // from '<' to the matching '>'
};

// Why a stream's bytes were refused (RFC 6120 §4.9.3 says what to answer).
enum class Verdict : uint8_t {
  ok,
  not_well_formed,       // <not-well-formed/>
  restricted,            // comment, PI, DTD, entity not predefined: <restricted-xml/>
  bad_namespace_prefix,  // unbound prefix: <bad-namespace-prefix/>
  bad_encoding,          // declared or real encoding other than UTF-8: <unsupported-encoding/>
  too_deep,              // these four: <policy-violation/>, each with a counter of its own
  too_many_attributes,
  name_too_long,
  stanza_too_big,
};

}  // namespace xml
