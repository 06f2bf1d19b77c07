// SASL messages as they come out of base64: lines of the input are a client's messages. Only the
// client that knows the keys may get through, and it is not among the fuzzer's words.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "protocols/xmpp/sasl/plain.h"
#include "protocols/xmpp/sasl/scram.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using xmpp::sasl::Mechanism;
  using xmpp::sasl::Step;
  if (size < 1) return 0;
  const auto mechanism = static_cast<Mechanism>(data[0] % 4);
  const base::Bytes in(reinterpret_cast<const char*>(data) + 1, size - 1);
  xmpp::sasl::Plain parts;
  (void)xmpp::sasl::parse_plain(in, parts);
  xmpp::sasl::ChannelBindings bindings;
  bindings.exporter = "exporter";
  if ((data[0] & 4) != 0) bindings.server_end_point = "end point";
  xmpp::sasl::Scram scram(mechanism, (data[0] & 8) != 0);
  const size_t line = in.find('\n');
  if (scram.client_first(in.substr(0, line), bindings) != Step::ok) return 0;
  if (scram.username().empty()) std::abort();
  const im::ScramKeys keys = xmpp::sasl::imaginary_keys(xmpp::sasl::hash_of(mechanism), "a@b",
                                                        "secret", 4096);
  scram.server_first(keys, true, "servernonce", "aGFzaA==");
  if (line == base::Bytes::npos) return 0;
  if (scram.client_final(in.substr(line + 1)) == Step::ok) std::abort();
  return 0;
}
