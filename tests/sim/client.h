// A simulated XMPP client: logs in, keeps what it sees, resumes when its connection breaks. It
// remembers what a person would (contacts, who is available, messages), and every refusal it was
// told of, so that checkers can hold its view against the truth.
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
  std::string user;  // local part
  std::string domain;
  std::string password;
  std::string resource;
  uint16_t port = 5222;
  int shard = -1;  // which shard accepts; -1: any
  bool stream_management = false;
  bool carbons = false;
  bool scram = false;
  bool eager = false;     // sends what follows <success/> without waiting for it
  bool headlong = false;  // … everything up to its first stanzas (`ahead`), behind <auth/>
  bool mute = false;      // answers no request, acknowledges nothing
  bool stranger = false;  // connects and says only what say() tells it to
};

enum class Phase : uint8_t { offline, connecting, authenticating, binding, online };

enum class Way : uint8_t { direct, carbon_received, carbon_sent };

struct Received {
  std::string from;  // of the message itself, also where it came as a carbon
  std::string to;
  std::string body;
  std::string stanza_id;
  base::Instant at;
  Way way = Way::direct;
  bool available = false;  // the client was, as far as it knew
  uint32_t session = 0;    // of this client
  bool delayed = false;    // it was stored, or was under way when the node stopped (XEP-0203)
};

struct SeenPresence {
  std::string from;
  std::string status;
  base::Instant at;
};

// A session that ended for good. What it had not acknowledged, or, without stream management, what
// the server could not know to have arrived, is routed again, at some time from `lost` on; it may
// hold anything that reached the account before `gone`, and not before `since`.
struct EndedSession {
  base::Instant lost;
  base::Instant gone = base::Instant::never();
  base::Instant since{};
};

// `sim --grep TEXT`: whatever clients say and hear is printed if it contains this. "": nothing is.
extern std::string grep;

class Client final : public Endpoint {
 public:
  Client(Network& network, Clock& clock, base::Prng& random, ClientOptions options);
  ~Client() override;

  bool connect();  // false: refused
  void log_out();  // unavailable, </stream:stream>
  void lose_connection(bool reset);
  void stall(bool stalled);
  void send(base::Bytes xml);              // a stanza; counted for stream management
  void say(base::Bytes xml) { raw(xml); }  // anything, on the open connection
  void ask_for_roster();

  void set_presence(base::Bytes show, base::Bytes status, int priority);
  // Becomes unavailable and stays connected. What is on the way may still arrive and is ignored;
  // come back after settled(), or at once: the server's echo then says from where on it counts.
  void become_unavailable(base::Bytes status);
  bool settled() const { return clock_.now() >= settled_at_; }
  void send_message(base::Bytes to, base::Bytes body);

  void on_bytes(base::Bytes bytes) override;
  void on_end(bool reset) override;
  void on_node_death() override;

  bool online() const { return phase_ == Phase::online; }
  bool resumable() const { return !resume_id_.empty(); }
  Phase phase() const { return phase_; }
  std::string bare() const { return options_.user + "@" + options_.domain; }
  std::string full() const { return bound_; }
  const ClientOptions& options() const { return options_; }

  // Of a headlong client: presence and messages that its next login sends behind <auth/>. Nothing
  // of it is sent by a login that resumes.
  struct Ahead {
    std::string to;
    std::string body;
  };
  std::vector<Ahead> ahead;
  std::string ahead_status;  // its presence then; "" for none

  // What it sees. Presence: full JID -> the packed show/status/priority of the last presence.
  std::map<std::string, std::string> available;
  std::map<std::string, std::string> roster;  // JID -> subscription
  std::vector<Received> messages;
  std::vector<SeenPresence> presences;  // of resources, in the order they came
  std::vector<std::string> bounced;     // bodies that came back as errors
  // Bodies the server took responsibility for: by stream management, or by answering a later
  // question (when).
  std::set<std::string> acknowledged;
  std::map<std::string, base::Instant> answered;
  std::vector<std::string> requests;  // who asked to subscribe
  std::vector<EndedSession> ended_sessions;
  // Refusals: "message/resource-constraint", "iq/policy-violation/The contact list is full.",
  // "stream/policy-violation", "sasl/not-authorized"; "closed" and "refused": the connection ended
  // without a word, the latter before the server had said anything.
  std::map<std::string, uint64_t> told;
  std::string presence;  // its own last one; "" = unavailable
  std::string last_stream_error;
  std::string trouble;  // a protocol violation by the server, "" if none
  uint32_t logins = 0;
  uint32_t resumptions = 0;
  uint32_t resumed_over_restart = 0;  // … of them, of sessions of an earlier life of the node
  // Connections that ended with a session on them that stream management did not protect (yet):
  // what was on its way is gone.
  uint32_t losses = 0;
  // What was said on connections given up before they were logged in. The server may handle it
  // after what was said on the next one: nothing tells it which connection is older.
  std::set<std::string> blind;
  // Statuses said once more to a node that had not answered for them, in their order: the older
  // ones are shown again.
  std::set<std::string> said_again;

 private:
  // client.cc: the connection and its stream
  void restart_stream();
  void on_stanza(xml::Element stanza);
  void on_stream_error(xml::Element error);
  void raw(base::Bytes bytes);
  void print_if_wanted(const char* what, base::Bytes xml) const;
  void close_socket(bool reset);
  void connection_over(bool safe);
  void forget_session();
  // login.cc
  void on_features(xml::Element features);
  void on_sasl(xml::Element element);
  void send_auth();
  void bind();
  void start_session();
  void say_session_start();
  // stanzas.cc
  void on_management(xml::Element element);
  void on_iq(xml::Element iq);
  void on_roster_push(xml::Element query);
  void on_presence(xml::Element presence);
  void on_message(xml::Element message);
  void take_message(xml::Element message, Way way);
  void note_error(base::Bytes kind, xml::Element stanza);
  void resend_unacked();
  void on_acknowledged(uint32_t h);

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
  bool heard_ = false;     // on this connection: anything
  bool told_why_ = false;  // … a stream error, or the end of the stream
  bool headlong_ = false;  // … everything has been said already
  base::Instant settled_at_{};

  // What was said on this session before the last question, whose answer confirms all of it: a
  // stream is handled in order.
  std::vector<std::string> said_;
  uint32_t questions_ = 0;
  std::map<std::string, size_t> asked_;  // id of the question -> how many of said_

  // Stream management (XEP-0198).
  std::string resume_id_;
  bool managed_ = false;
  uint32_t life_ = 0;  // of the node, when it was last connected to this session
  base::Instant connected_at_{};
  base::Instant lost_at_{};
  uint32_t handled_ = 0;
  uint32_t acked_ = 0;
  struct Unacked {
    std::string xml;
    std::string body;    // "" unless a message
    std::string status;  // "" unless a presence
  };
  std::vector<Unacked> unacked_;
};

std::string pack_presence(base::Bytes show, base::Bytes status, int priority);

}  // namespace sim
