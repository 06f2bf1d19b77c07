#include "protocols/sip/service.h"

#include "engine/base/check.h"
#include "engine/trace/counters.h"
#include "engine/trace/trace.h"
#include "protocols/sip/transaction/token.h"

namespace sip {
namespace {

using trace::Counter;

// What senders and the boxes between keep a path open with: line ends (RFC 5626 §4.4.1 by
// datagram), or zeros.
bool is_keep_alive(base::Bytes datagram) {
  return datagram.find_first_not_of(base::Bytes("\r\n\0 ", 4)) == base::Bytes::npos;
}

}  // namespace

Service::Service(engine::ShardId shard, std::shared_ptr<const Options> options, const Node& node,
                 base::Random& random)
    : shard_(shard),
      options_(std::move(options)),
      node_(node),
      server_(*this, options_->server, random),
      outgoing_(*this, options_->client),
      forwarder_(*this) {
  CHECK(shard < kShardsMax);
}

Service::~Service() { CHECK(connections_.empty() && unfinished_bytes_ == 0); }

void Service::handle(Method method, Handler& handler) {
  const auto at = static_cast<size_t>(method);
  CHECK(method != Method::unknown && method != Method::cancel && method != Method::options);
  CHECK(at < handlers_.size() && handlers_[at] == nullptr);
  handlers_[at] = &handler;
}

Handler* Service::handler(Method method) const {
  const auto at = static_cast<size_t>(method);
  CHECK(at < handlers_.size());
  return handlers_[at];
}

void Service::announce(HeaderId id, base::Bytes value) {
  CHECK(id != HeaderId::unknown && !value.empty());
  announced_.push_back({id, std::string(value)});
}

void Service::write_announced(HeaderId id, Writer& writer) const {
  for (const Announced& one : announced_) {
    if (one.id == id) writer.field(id, one.value);
  }
}

std::unique_ptr<engine::Peer> Service::accept(const engine::Accepted& how, engine::Turn& turn) {
  CHECK(options_->owns(how.listener));
  if (shutting_down_) return nullptr;
  Flow flow;
  flow.connection = how.connection;
  flow.remote = base::parse_address(how.remote_address, how.remote_port);
  flow.listener = how.listener;
  return make_connection(flow, turn);
}

std::unique_ptr<Connection> Service::make_connection(const Flow& flow, engine::Turn& turn) {
  auto connection = std::make_unique<Connection>(*this, flow, turn);
  connections_.push_back(*connection);
  return connection;
}

std::unique_ptr<engine::Peer> Service::on_connected(uint64_t token, const engine::Accepted& how,
                                                    engine::Turn& turn) {
  if (!shutting_down_) return outgoing_.on_connected(token, how, turn);
  outgoing_.on_connect_failed(token, turn);
  return nullptr;
}

void Service::on_connect_failed(uint64_t token, engine::ConnectFailure, engine::Turn& turn) {
  outgoing_.on_connect_failed(token, turn);
}

void Service::on_datagram(const engine::Datagram& datagram, engine::Turn& turn) {
  CHECK(options_->owns(datagram.listener));
  if (is_keep_alive(datagram.bytes)) return trace::count(Counter::sip_keep_alives);
  Flow flow;
  flow.remote = datagram.remote;
  flow.listener = datagram.listener;
  if (!message_.index_datagram(datagram.bytes)) {
    return refuse(message_, message_.fault(), flow, turn);
  }
  receive(message_, flow, turn);
}

void Service::receive(const Message& message, const Flow& source, engine::Turn& turn) {
  Fault fault = Fault::none;
  if (!read_essentials(message, essentials_, fault)) return refuse(message, fault, source, turn);
  if (message.is_request()) {
    trace::count(Counter::sip_requests);
    return receive_request(message, essentials_, source, turn);
  }
  receive_response(message, essentials_, turn);
}

std::string& Service::response_scratch() {
  response_.clear();
  return response_;
}

void Service::begin_answer(const Received& request, const Response& how, Writer& writer) {
  Response whole = how;
  whole.source = request.source.remote;
  begin_reply(request.message, whole, writer);
}

void Service::answer(const Received& request, uint16_t status, engine::Turn& turn) {
  std::string& out = response_scratch();
  Writer writer(out);
  begin_answer(request, {.status = status}, writer);
  writer.end();
  respond(request.back, status, out, turn);
}

bool Service::hold(size_t before, size_t after) {
  CHECK(unfinished_bytes_ >= before);
  unfinished_bytes_ += after;
  unfinished_bytes_ -= before;
  return unfinished_bytes_ <= options_->unfinished_bytes_max;
}

void Service::on_answer(engine::QuestionPtr answer, engine::Turn& turn) {
  CHECK(answer->to == engine::Question::To::names);
  if (!shutting_down_) outgoing_.on_located(static_cast<engine::NameQuestion&>(*answer), turn);
}

void Service::set_options(std::shared_ptr<const Options> options, engine::Turn& turn) {
  CHECK(options != nullptr);
  if (shutting_down_) return;
  const std::shared_ptr<const Options> before = std::exchange(options_, std::move(options));
  outgoing_.on_peers_changed(turn);
  connections_.for_each([&](Connection& connection) {
    const Flow& flow = connection.flow();
    if (trusted(before->peers, flow) && !trusted(options_->peers, flow)) connection.close(turn);
  });
}

void Service::on_recovered(std::vector<engine::JournalEntry>, engine::Turn&) {
  CHECK(false);  // nothing has been entered
}

void Service::on_shutdown(engine::Turn& turn) {
  CHECK(!std::exchange(shutting_down_, true));
  while (Connection* connection = connections_.pop_front()) connection->close(turn);
}

}  // namespace sip
