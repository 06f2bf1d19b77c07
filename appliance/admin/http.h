// The loopback HTTP server's parser: HTTP/1.1 GET and nothing else, strictly (RFC 9112). What two
// parsers could read differently is refused: bodies, transfer codings, folded or bare-LF lines,
// white space before a colon, a second Host (TRUST W14).
// Admin thread; a head of at most 8 KiB and 64 fields.
#pragma once

#include <cstdint>
#include <string>

#include "engine/base/bytes.h"

namespace appliance {

struct HttpLimits {
  size_t head_bytes = 8192;
  size_t fields = 64;
};

enum class HttpState : uint8_t { need_more, complete, refused };

struct HttpRequest {
  HttpState state = HttpState::need_more;
  uint16_t status = 0;  // refused: what to answer
  const char* why = "";
  base::Bytes target;           // views the input
  base::Bytes host;             // without port; "[::1]" without brackets
  bool foreign_origin = false;  // an Origin field: a browser's page is asking
};

// Looks at everything received so far.
HttpRequest parse_http(base::Bytes received, const HttpLimits& limits = {});

// Is this Host one that a name server cannot have made up? An address or "localhost".
bool is_local_host(base::Bytes host);

// Status line, fields and body of an answer after which the connection closes.
std::string http_answer(uint16_t status, base::Bytes content_type, base::Bytes body);

}  // namespace appliance
