// SIP on one shard: what comes in by datagram or connection is read, held against the rules of any
// request (RFC 3261 §8.2), and handed to the Handler of its method, on the shard that the Handler
// names; answers find their way back to the transaction. OPTIONS is answered here.
// Made at start, one a shard; all calls on that shard. Limits: Options; each is counted when hit.
#pragma once

#include <array>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/hash.h"
#include "engine/base/intrusive_list.h"
#include "engine/seam/service.h"
#include "protocols/sip/connection.h"
#include "protocols/sip/forwarder.h"
#include "protocols/sip/gate.h"
#include "protocols/sip/handler.h"
#include "protocols/sip/header/writer.h"
#include "protocols/sip/options.h"
#include "protocols/sip/outgoing.h"
#include "protocols/sip/refusals.h"

namespace sip {

// Of answers 503: about as long as it takes until many places are free (RFC 3261 §21.5.4).
constexpr uint32_t kRetryAfterSeconds = 10;

// Mail of this module, in Envelope::kind; im's kinds are below.
constexpr uint8_t kFirstMailKind = 32;

// What the shards of one node share. Made before the services.
struct Node {
  base::HashKey key;  // of tokens and tags: any shard reads those of any other
  engine::ShardId shards = 1;
  engine::NodeId id = 0;  // Partition::here()
};

class Service final : public engine::Service, private ServerUser {
 public:
  Service(engine::ShardId shard, std::shared_ptr<const Options> options, const Node& node,
          base::Random& random);
  ~Service() override;

  // From now on; limits of memory and listeners stay. Connections of peers that are gone end.
  void set_options(std::shared_ptr<const Options> options, engine::Turn& turn);

  // From now on requests of this method are the handler's. It outlives this service.
  void handle(Method method, Handler& handler);
  // Who may ask without being a trunk peer is the gate's to say. It outlives this service; without
  // one nobody may.
  void set_gate(Gate& gate);
  // What the gate says of a request that it has been asked about.
  void decide(const Claim& claim, const Verdict& verdict, engine::Turn& turn);
  // Hears of connections that are gone by which users have proved who they are. It outlives this
  // service.
  void set_flow_user(FlowUser& user);
  // A value of a header field that OPTIONS is answered with: Accept, Allow-Events, Supported. What
  // Supported names, a request may require.
  void announce(HeaderId id, base::Bytes value);
  // … into an answer that names them.
  void write_announced(HeaderId id, Writer& writer) const;

  // The start of an answer: status line and what every response repeats. Fields of the caller's and
  // one of Writer's ends follow, then respond(). Without a tag of the caller's, To gets one that is
  // the same whenever it is asked for.
  void begin_answer(const Received& request, const Response& how, Writer& writer);
  // To the transaction, wherever it is. `status` as in `response`, which is whole.
  void respond(const ReturnPath& back, uint16_t status, base::Bytes response, engine::Turn& turn);
  // An answer that says no more than its status.
  void answer(const Received& request, uint16_t status, engine::Turn& turn);
  // Scratch for answers, empty; valid until the next call.
  std::string& response_scratch();

  // Requests of ours.
  Outgoing& outgoing() { return outgoing_; }

  std::unique_ptr<engine::Peer> accept(const engine::Accepted& how, engine::Turn& turn) override;
  void on_datagram(const engine::Datagram& datagram, engine::Turn& turn) override;
  std::unique_ptr<engine::Peer> on_connected(uint64_t token, const engine::Accepted& how,
                                             engine::Turn& turn) override;
  void on_connect_failed(uint64_t token, engine::ConnectFailure why, engine::Turn& turn) override;
  void on_mail(const engine::Envelope& mail, engine::Turn& turn) override;
  void on_refused(const engine::Envelope& mail, engine::Turn& turn) override;
  void on_answer(engine::QuestionPtr answer, engine::Turn& turn) override;
  void on_committed(engine::Turn&) override {}
  void on_recovered(std::vector<engine::JournalEntry> entries, engine::Turn& turn) override;
  void on_shutdown(engine::Turn& turn) override;

  const Options& options() const { return *options_; }
  const base::HashKey& key() const { return node_.key; }
  engine::ShardId shards() const { return node_.shards; }
  // This node, this shard: the owner of what nobody else owns.
  engine::Owner here() const { return {node_.id, shard_}; }

  // Who is not trusted, for the operator.
  Refusals& refusals() { return refusals_; }

  bool shutting_down() const { return shutting_down_; }

  // Connection's and Outgoing's.
  std::unique_ptr<Connection> make_connection(const Flow& flow, engine::Turn& turn);
  Message& message_scratch() { return message_; }
  void receive(const Message& message, const Flow& source, engine::Turn& turn);
  void on_flow_closed(const Flow& flow, engine::Turn& turn);
  void send_elsewhere(const Flow& flow, engine::ShardId shard, base::Bytes message,
                      engine::Turn& turn) override;
  // Answers what is malformed, if it can be answered.
  void refuse(const Message& message, Fault fault, const Flow& source, engine::Turn& turn);
  // Unfinished messages of a connection took `before` bytes, now `after`. False: too much in all.
  bool hold(size_t before, size_t after);

 private:
  struct Mail;
  // What an answer without a transaction is made from.
  struct Incoming {
    const Message& message;
    Via via;
    const Flow& source;
    engine::ShardId shard;  // of the source
  };
  struct Announced {
    HeaderId id;
    std::string value;
  };

  void receive_response(const Message& message, const Essentials& essentials, engine::Turn& turn);
  void receive_request(const Message& message, const Essentials& essentials, const Flow& source,
                       engine::Turn& turn);
  void screen(const Incoming& in, const Essentials& essentials, engine::Turn& turn);
  void proceed(const Incoming& in, const Essentials& essentials, base::Bytes account,
               engine::Turn& turn);
  void reply_to_claim(const Incoming& in, const Claim& claim, const Verdict& verdict,
                      engine::Turn& turn);
  void acknowledge(const Incoming& in, const Essentials& essentials, engine::Turn& turn);
  bool from_node(const Incoming& in) const;
  engine::ShardId home_of(const Incoming& in) const;
  void adopt(const Incoming& in, engine::ShardId home, engine::Turn& turn);
  void begin(const Incoming& in, Received& request, engine::Owner owner, engine::Turn& turn);
  void adopted(const Incoming& in, const Essentials& essentials, engine::Turn& turn);
  void hand_over(const Received& request, engine::ShardId to, engine::Turn& turn);
  bool passes_on(const Received& request) const;
  bool may_pass_on(const Incoming& in, const Received& request, engine::NodeId node,
                   engine::Turn& turn);
  void redirect(const Incoming& in, const Essentials& essentials, engine::NodeId node,
                engine::Turn& turn);
  bool comes_back(const Message& message, const Essentials& essentials) const;
  bool refuse_extensions(const Incoming& in, engine::Turn& turn);
  void reply(const Incoming& in, uint16_t status, engine::Turn& turn);
  void reply_not_allowed(const Incoming& in, engine::Turn& turn);
  void reply_to_options(const Incoming& in, engine::Turn& turn);
  void begin_reply(const Incoming& in, const Response& how, Writer& writer);
  void begin_reply(const Message& message, const Response& how, Writer& writer);
  void end_reply(const Incoming& in, Writer& writer, engine::Turn& turn);
  static bool may_be_answered(const Message& message);
  bool supports(base::Bytes extension) const;
  void append_allow(base::Sink& out) const;
  void append_tag(const Message& message, base::Sink& out) const;
  Handler* handler(Method method) const;
  void on_server_timeout(const TransactionId&, bool, engine::Turn&) override {}

  const engine::ShardId shard_;
  std::shared_ptr<const Options> options_;
  const Node& node_;
  ServerTransactions server_;
  Outgoing outgoing_;
  Forwarder forwarder_;
  std::array<Handler*, 32> handlers_{};
  Gate* gate_ = nullptr;
  FlowUser* flow_user_ = nullptr;
  std::set<engine::ConnectionId> proved_;  // open ones, by which users have proved who they are
  std::vector<Announced> announced_;
  base::IntrusiveList<Connection> connections_;
  Refusals refusals_;
  uint64_t unfinished_bytes_ = 0;
  bool shutting_down_ = false;
  Message message_;  // scratch, one callback long
  Essentials essentials_;
  std::string response_;
  std::string tag_;
};

}  // namespace sip
