#include "protocols/xmpp/sasl/plain.h"

namespace xmpp::sasl {

bool parse_plain(base::Bytes message, Plain& out) {
  const size_t first = message.find('\0');
  if (first == base::Bytes::npos) return false;
  const size_t second = message.find('\0', first + 1);
  if (second == base::Bytes::npos) return false;
  if (message.find('\0', second + 1) != base::Bytes::npos) return false;
  out.authzid = message.substr(0, first);
  out.authcid = message.substr(first + 1, second - first - 1);
  out.password = message.substr(second + 1);
  return !out.authcid.empty() && !out.password.empty();
}

}  // namespace xmpp::sasl
