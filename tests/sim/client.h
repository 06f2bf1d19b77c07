// A simulated XMPP client: logs in, keeps what it sees, resumes when its connection breaks. It
// remembers what a person would (contacts, who is available, messages), so that checkers can hold
// its view against the truth.
// Belongs to a World; one thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "protocols/xml/element.h"
#include "protocols/xml/stream_reader.h"
#include "tests/sim/network.h"

namespace sim {

struct ClientOptions {
  std::string user;          // local part
  std::string domain;
  std::string password;
  std::string resource;
  uint16_t port = 5222;
  bool stream_management = false;
  bool scram = false;
  bool eager = false;        // sends what follows <success/> without waiting for it
};

enum class Phase : uint8_t { offline, connecting, authenticating, binding, online };

struct Received {
  std::string from;
  std::string body;
  std::string stanza_id;
};

class Client final : public Endpoint {
 public:
  Client(Network& network, Clock& clock, base::Prng& random, ClientOptions options);
  ~Client() override;

  bool connect();                               // false: refused
  void log_out();                               // unavailable, </stream:stream>
  void lose_connection(bool reset);
  void stall(bool stalled);
  void send(base::Bytes xml);                   // a stanza; counted for stream management

  void set_presence(base::Bytes show, base::Bytes status, int priority);
  // Becomes unavailable and stays connected. What is on the way may still arrive and is ignored;
  // come back only after settled().
  void become_unavailable();
  bool settled() const { return clock_.now() >= settled_at_; }
  void send_message(base::Bytes to, base::Bytes body);

  void on_bytes(base::Bytes bytes) override;
  void on_end(bool reset) override;

  bool online() const { return phase_ == Phase::online; }
  bool resumable() const { return !resume_id_.empty(); }
  Phase phase() const { return phase_; }
  std::string bare() const { return options_.user + "@" + options_.domain; }
  std::string full() const { return bound_; }
  const ClientOptions& options() const { return options_; }

  // What it sees. Presence: full JID -> the packed show/status/priority of the last presence.
  std::map<std::string, std::string> available;
  std::map<std::string, std::string> roster;    // JID -> subscription
  std::vector<Received> messages;
  std::vector<std::string> bounced;             // bodies that came back as errors
  std::set<std::string> acknowledged;           // bodies the server took responsibility for
  std::vector<std::string> requests;            // who asked to subscribe
  std::string presence;                         // its own last one; "" = unavailable
  std::string last_stream_error;
  std::string trouble;                          // a protocol violation by the server, "" if none
  uint32_t logins = 0;
  uint32_t resumptions = 0;

 private:
  void restart_stream();
  void on_features(xml::Element features);
  void on_stanza(xml::Element stanza);
  void on_sasl(xml::Element element);
  void on_management(xml::Element element);
  void on_iq(xml::Element iq);
  void on_presence(xml::Element presence);
  void on_message(xml::Element message);
  void start_session();
  void resend_unacked();
  void on_acknowledged(uint32_t h);
  void raw(base::Bytes bytes);
  void forget_session();

  Network& network_;
  Clock& clock_;
  base::Prng& random_;
  ClientOptions options_;
  Phase phase_ = Phase::offline;
  int socket_ = -1;
  xml::StreamReader reader_;
  std::unique_ptr<xml::Document> document_;
  std::string bound_;
  std::string scram_first_;
  std::string scram_server_signature_;
  bool authenticated_ = false;
  base::Instant settled_at_{};

  // Stream management (XEP-0198).
  std::string resume_id_;
  bool managed_ = false;
  uint32_t handled_ = 0;
  uint32_t acked_ = 0;
  struct Unacked {
    std::string xml;
    std::string body;        // "" unless a message
  };
  std::vector<Unacked> unacked_;
};

std::string pack_presence(base::Bytes show, base::Bytes status, int priority);

}  // namespace sim
