// TLS at the server. Either the input is what a stranger sends, cut into pieces; or two honest ends
// talk and the input says what happens to their flights on the way, to handshakes of either
// version, resumed ones, and sessions. A session may fail; it must not crash, hang, grow without
// bound, or hand out plaintext nobody sent.
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

#include "engine/tls/client_session.h"
#include "engine/tls/context.h"
#include "engine/tls/self_signed.h"
#include "engine/tls/ticket_keys.h"

namespace {

using engine::TlsStatus;

// The input's first octet.
enum Setting : uint8_t {
  kRaw = 1,       // a stranger; the second octet is the size of the pieces, 0: whole
  kOld = 2,       // the client speaks nothing newer than TLS 1.2
  kResume = 4,    // … has a ticket
  kProtocol = 8,  // … offers the protocol name of XMPP
  kOther = 16,    // … offers another
  kNameless = 32,
};

constexpr uint32_t kHandshakeBytesMax = 16384;

void require(bool condition) {
  if (!condition) std::abort();
}

struct Contexts {
  std::shared_ptr<const engine::TlsContext> server;
  std::shared_ptr<const engine::TlsClientContext> clients[8];  // by version and protocol
  std::string tickets[2];                                      // by version
};

std::unique_ptr<engine::TlsClientSession> make_client(const Contexts& contexts, uint8_t settings) {
  const size_t which =
      (settings & kOld) / kOld + 2 * ((settings & (kProtocol | kOther)) / kProtocol);
  const std::string& ticket = contexts.tickets[(settings & kOld) / kOld];
  return engine::make_client_session(*contexts.clients[which],
                                     (settings & kNameless) != 0 ? "" : "localhost",
                                     (settings & kResume) != 0 ? ticket : "");
}

// An undisturbed session, for its ticket.
std::string get_ticket(const Contexts& contexts, uint8_t settings) {
  const auto server = engine::make_server_session(*contexts.server);
  const auto client = make_client(contexts, settings);
  std::string to_server;
  std::string to_client;
  std::string plain;
  for (int round = 0; round < 4; ++round) {
    require(client->open(to_client, plain, to_server) != TlsStatus::failed);
    to_client.clear();
    require(server->open(to_server, plain, to_client) != TlsStatus::failed);
    to_server.clear();
    // A ticket goes out with what is said first.
    if (round == 2) require(server->seal("x", to_client));
  }
  return client->ticket();
}

Contexts make_contexts() {
  Contexts made;
  const base::WallTime now{1'700'000'000'000'000};
  const std::string folder = std::filesystem::temp_directory_path() / "rollcall-fuzz-tls";
  std::filesystem::create_directories(folder);
  const std::string chain = folder + "/chain.pem";
  const std::string key = folder + "/key.pem";
  if (!engine::make_self_signed({"localhost"}, now, 825, chain, key)) std::abort();
  engine::TlsOptions options;
  options.certificates = {{.chain_file = chain, .key_file = key}};
  options.handshake_bytes_max = kHandshakeBytesMax;
  auto server = engine::TlsContext::make(options, std::make_shared<engine::TicketKeys>(), now);
  if (!server) std::abort();
  made.server = *server;
  for (size_t i = 0; i < 8; ++i) {
    engine::TlsClientOptions client;
    if ((i & 1) != 0) client.version_max = 0x0303;
    if ((i & 2) != 0) client.alpn.push_back("xmpp-client");
    if ((i & 4) != 0) client.alpn.push_back("h2");
    auto context = engine::TlsClientContext::make(client);
    if (!context) std::abort();
    made.clients[i] = *context;
  }
  made.tickets[0] = get_ticket(made, 0);
  made.tickets[1] = get_ticket(made, kOld);
  require(!made.tickets[0].empty() && !made.tickets[1].empty());
  return made;
}

// Nobody who has not finished a handshake has said anything.
void stranger(const Contexts& contexts, base::Bytes in, size_t piece) {
  const auto server = engine::make_server_session(*contexts.server);
  std::string plain;
  std::string answer;
  TlsStatus status = TlsStatus::ok;
  while (!in.empty() && status == TlsStatus::ok) {
    const base::Bytes part = in.substr(0, piece);
    status = server->open(part, plain, answer);
    in.remove_prefix(part.size());
  }
  require(status != TlsStatus::established && plain.empty());
  require(answer.size() <= kHandshakeBytesMax);
  if (status != TlsStatus::failed) return;
  require(server->failure()[0] != '\0');
  // A session that has failed stays so.
  require(server->open("more", plain, answer) == TlsStatus::failed);
  require(!server->seal("more", answer) && plain.empty());
}

// Four octets of the input a flight: what happens to it, where, and how much of it comes at once.
class Wire {
 public:
  explicit Wire(base::Bytes script) : script_(script) {}

  TlsStatus carry(std::string& flight, engine::TlsSession& to, std::string& plain,
                  std::string& answer) {
    size_t piece = flight.size();
    if (script_.size() >= 4) {
      if (script_[3] != 0) piece = static_cast<uint8_t>(script_[3]);
      damage(flight);
      script_.remove_prefix(4);
    }
    TlsStatus worst = TlsStatus::ok;
    base::Bytes rest = flight;
    do {
      const base::Bytes part = rest.substr(0, piece);
      const TlsStatus status = to.open(part, plain, answer);
      if (status != TlsStatus::ok) worst = status;
      rest.remove_prefix(part.size());
    } while (!rest.empty() && worst != TlsStatus::failed && worst != TlsStatus::closed);
    flight.clear();
    return worst;
  }

 private:
  void damage(std::string& flight) const {
    if (flight.empty()) return;
    const auto octet = [&](size_t i) { return static_cast<uint8_t>(script_[i]); };
    const size_t at = (octet(1) * 256u + octet(2)) % flight.size();
    switch (octet(0) & 7) {
      case 1:
        flight[at] = static_cast<char>(flight[at] ^ (1 << (octet(0) >> 5)));
        break;
      case 2:
        flight.resize(at);
        break;
      case 3:
        flight.insert(at, flight.substr(0, 16));
        break;
      case 4:
        flight.append(flight);
        break;
      case 5:
        flight.insert(0, script_.substr(4, octet(0) >> 3));
        break;
      case 6:
        flight.append(script_.substr(4, octet(0) >> 3));
        break;
      default:
        break;
    }
  }

  base::Bytes script_;
};

void conversation(const Contexts& contexts, uint8_t settings, base::Bytes script) {
  const auto server = engine::make_server_session(*contexts.server);
  const auto client = make_client(contexts, settings);
  Wire wire(script);
  std::string to_server;
  std::string to_client;
  std::string said;
  std::string heard;
  bool up = false;
  for (int round = 0; round < 4; ++round) {
    std::string ignored;
    const TlsStatus there = client->open(to_client, ignored, to_server);
    to_client.clear();
    if (there == TlsStatus::failed && !up) return;
    const TlsStatus here = wire.carry(to_server, *server, heard, to_client);
    require(heard.empty());
    if (here == TlsStatus::failed || here == TlsStatus::closed) return;
    if (here == TlsStatus::established) up = true;
  }
  if (!up) return;
  require(server->facts().version == ((settings & kOld) != 0 ? 0x0303 : 0x0304));
  require((settings & (kProtocol | kOther)) != kOther);
  for (int round = 0; round < 3; ++round) {
    if (round == 1 && (settings & kOld) == 0) (void)client->update_keys();
    if (!client->seal("<presence/>", to_server)) return;
    said += "<presence/>";
    if (round == 2) client->close(to_server);
    const TlsStatus here = wire.carry(to_server, *server, heard, to_client);
    require(said.starts_with(heard));
    if (here != TlsStatus::ok) return;
    require(server->seal("<iq/>", to_client));
    std::string answered;
    if (client->open(to_client, answered, to_server) != TlsStatus::ok) return;
    to_client.clear();
    require(answered == "<iq/>" || answered.empty());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const Contexts contexts = make_contexts();
  if (size < 2) return 0;
  const base::Bytes in(reinterpret_cast<const char*>(data) + 2, size - 2);
  if ((data[0] & kRaw) != 0) {
    stranger(contexts, in, data[1] == 0 ? in.size() : data[1]);
  } else {
    conversation(contexts, data[0], in);
  }
  return 0;
}
