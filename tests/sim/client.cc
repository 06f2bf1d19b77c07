// The connection of a simulated client and the stream on it.
#include "tests/sim/client.h"

#include <cstdio>

#include "engine/base/check.h"
#include "protocols/xml/document.h"
#include "protocols/xml/writer.h"
#include "tests/sim/client_namespaces.h"

namespace sim {

std::string grep;

static const xml::Limits kLimits{.depth = 64, .stanza_bytes = 1 << 22};

std::string pack_presence(base::Bytes show, base::Bytes status, int priority) {
  return std::string(show) + "|" + std::string(status) + "|" + std::to_string(priority);
}

Client::Client(Network& network, Clock& clock, base::Prng& random, ClientOptions options)
    : network_(network),
      clock_(clock),
      random_(random),
      options_(std::move(options)),
      document_(std::make_unique<xml::Document>()) {}

Client::~Client() {
  if (socket_ >= 0) network_.forget(socket_);
}

bool Client::connect() {
  CHECK(phase_ == Phase::offline);
  socket_ = network_.connect(options_.port, *this, options_.shard);
  if (socket_ < 0) return false;
  phase_ = Phase::connecting;
  connected_at_ = clock_.now();
  authenticated_ = heard_ = told_why_ = headlong_ = false;
  reader_ = xml::StreamReader();
  if (!options_.stranger) restart_stream();
  return true;
}

void Client::restart_stream() {
  reader_.restart();
  raw(stream_header(options_.domain));
}

void Client::print_if_wanted(const char* what, base::Bytes xml) const {
  if (grep.empty() || xml.find(grep) == base::Bytes::npos) return;
  std::printf("%12.6f %s/%s %s %.*s\n", static_cast<double>(clock_.now().ns) / 1e9,
              options_.user.c_str(), options_.resource.c_str(), what, static_cast<int>(xml.size()),
              xml.data());
}

void Client::raw(base::Bytes bytes) {
  print_if_wanted("says", bytes);
  if (socket_ >= 0) network_.client_send(socket_, bytes);
}

void Client::send(base::Bytes xml) {
  if (managed_) unacked_.push_back({std::string(xml), {}, {}});
  if (phase_ != Phase::online && !headlong_) return;
  raw(xml);
  if (managed_ && !options_.mute && random_.below(4) == 0) raw("<r xmlns='urn:xmpp:sm:3'/>");
}

void Client::log_out() {
  if (phase_ == Phase::online) {
    raw("<presence type='unavailable'/></stream:stream>");
  }
  presence.clear();
  lost_at_ = clock_.now();
  const bool safe = resumable();  // what it has not acknowledged is handed back
  forget_session();
  close_socket(false);
  connection_over(safe);
}

void Client::lose_connection(bool reset) {
  close_socket(reset);
  connection_over(resumable());
}

void Client::close_socket(bool reset) {
  if (socket_ >= 0) {
    network_.forget(socket_);
    if (reset) {
      network_.client_reset(socket_);
    } else {
      network_.client_finish(socket_);
    }
  }
}

void Client::on_end(bool) {
  if (!told_why_) ++told[heard_ ? "closed" : "refused"];
  // Nothing of this connection may be taken for something of the next one.
  close_socket(false);
  connection_over(resumable());
}

void Client::on_node_death() {
  told_why_ = true;  // this is no limit
  on_end(true);
}

void Client::connection_over(bool safe) {
  print_if_wanted("is", "offline");
  if (headlong_) {
    blind.insert(ahead_status);
    for (const Ahead& message : ahead) blind.insert(message.body);
  }
  if (headlong_ || phase_ == Phase::binding) {  // maybe it was bound, which it has not heard
    ended_sessions.push_back({.lost = clock_.now(), .since = connected_at_});
  }
  if (!safe && (phase_ >= Phase::binding || headlong_)) ++losses;
  // One that ends while the client tries to come back is not the one the session was on.
  if (phase_ == Phase::online || !resumable()) lost_at_ = clock_.now();
  socket_ = -1;
  phase_ = Phase::offline;
  headlong_ = false;
  if (!resumable()) forget_session();
}

void Client::stall(bool stalled) {
  if (socket_ >= 0) network_.client_stall(socket_, stalled);
}

void Client::forget_session() {
  if (!bound_.empty()) ended_sessions.push_back({.lost = lost_at_});
  resume_id_.clear();
  managed_ = false;
  handled_ = acked_ = 0;
  unacked_.clear();
  said_.clear();
  asked_.clear();
  available.clear();
  presence.clear();
  bound_.clear();
}

void Client::on_bytes(base::Bytes bytes) {
  const int socket = socket_;
  heard_ = true;
  while (socket_ == socket) {
    switch (reader_.next(bytes, *document_, kLimits)) {
      case xml::StreamEvent::need_more:
        return;
      case xml::StreamEvent::header:
        break;
      case xml::StreamEvent::stanza:
        on_stanza(reader_.element());
        break;
      case xml::StreamEvent::end:
        told_why_ = true;
        raw("</stream:stream>");
        if (socket_ >= 0) network_.client_finish(socket_);
        return;
      case xml::StreamEvent::error:
        trouble = "server sent bad XML";
        lose_connection(true);
        return;
    }
  }
}

void Client::on_stanza(xml::Element stanza) {
  print_if_wanted("hears", stanza.outer());
  if (stanza.is("features", kStreams)) return on_features(stanza);
  if (stanza.is("error", kStreams)) return on_stream_error(stanza);
  if (stanza.ns() == kSasl) return on_sasl(stanza);
  if (stanza.ns() == kManagement) return on_management(stanza);
  if (stanza.ns() != kClient) {
    trouble = "stanza in namespace " + std::string(stanza.ns());
    return;
  }
  if (managed_) ++handled_;
  if (stanza.name() == "iq") return on_iq(stanza);
  if (stanza.name() == "presence") return on_presence(stanza);
  if (stanza.name() == "message") return on_message(stanza);
}

void Client::on_stream_error(xml::Element error) {
  last_stream_error = std::string(error.first_child().name());
  told_why_ = true;
  std::string key = "stream/" + last_stream_error;
  if (xml::Element text = error.child("text", kStreamErrors)) key += "/" + text.text();
  ++told[key];
}

}  // namespace sim
