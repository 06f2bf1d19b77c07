// TLS records at the server: first as they come, then a real handshake whose client flights are
// damaged where the input says, then records of an established session treated alike. A session may
// fail; it must not crash, hang, or hand out plaintext nobody sent.
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

#include "engine/tls/client_session.h"
#include "engine/tls/context.h"
#include "engine/tls/self_signed.h"
#include "engine/tls/ticket_keys.h"

namespace {

struct Contexts {
  std::shared_ptr<const engine::TlsContext> server;
  std::shared_ptr<const engine::TlsClientContext> client;
};

const Contexts& contexts() {
  static const Contexts made = [] {
    const base::WallTime now{1'700'000'000'000'000};
    const std::string folder = std::filesystem::temp_directory_path() / "rollcall-fuzz-tls";
    std::filesystem::create_directories(folder);
    const std::string chain = folder + "/chain.pem";
    const std::string key = folder + "/key.pem";
    if (!engine::make_self_signed({"localhost"}, now, 825, chain, key)) std::abort();
    engine::TlsOptions options;
    options.certificates = {{.chain_file = chain, .key_file = key}};
    auto server =
        engine::TlsContext::make(options, std::make_shared<engine::TicketKeys>(), now);
    auto client = engine::TlsClientContext::make({});
    if (!server || !client) std::abort();
    return Contexts{*server, *client};
  }();
  return made;
}

// Flips, drops or doubles bytes of `flight` as the input's next three bytes say.
void damage(std::string& flight, base::Bytes& script) {
  if (script.size() < 3 || flight.empty()) return;
  const size_t at = (static_cast<uint8_t>(script[1]) * 256u + static_cast<uint8_t>(script[2])) %
                    flight.size();
  switch (script[0] & 3) {
    case 0:
      break;
    case 1:
      flight[at] = static_cast<char>(flight[at] ^ (1 << (script[0] >> 5 & 7)));
      break;
    case 2:
      flight.resize(at);
      break;
    case 3:
      flight.insert(at, flight.substr(0, 16));
      break;
  }
  script.remove_prefix(3);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  base::Bytes script(reinterpret_cast<const char*>(data), size);
  std::string plain;
  std::string to_client;
  {
    auto raw = engine::make_server_session(*contexts().server);
    (void)raw->open(script, plain, to_client);
    if (!plain.empty()) std::abort();
  }
  auto server = engine::make_server_session(*contexts().server);
  auto client = engine::make_client_session(*contexts().client, "localhost");
  std::string to_server;
  to_client.clear();
  bool up = false;
  for (int round = 0; round < 4; ++round) {
    std::string ignored;
    if (client->open(to_client, ignored, to_server) == engine::TlsStatus::failed) return 0;
    to_client.clear();
    damage(to_server, script);
    const engine::TlsStatus status = server->open(to_server, plain, to_client);
    if (!plain.empty()) std::abort();
    to_server.clear();
    if (status == engine::TlsStatus::failed) return 0;
    if (status == engine::TlsStatus::established) up = true;
  }
  if (!up || !client->seal("<presence/>", to_server)) return 0;
  damage(to_server, script);
  (void)server->open(to_server, plain, to_client);
  if (!plain.empty() && plain != "<presence/>") std::abort();
  return 0;
}
