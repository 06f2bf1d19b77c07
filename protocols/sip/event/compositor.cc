#include "protocols/sip/event/compositor.h"

#include <charconv>
#include <utility>

#include "engine/base/check.h"
#include "engine/base/plant.h"
#include "engine/trace/counters.h"
#include "engine/trace/trace.h"
#include "protocols/sip/account.h"
#include "protocols/sip/header/event.h"
#include "protocols/sip/header/media_type.h"
#include "protocols/sip/held_request.h"
#include "protocols/sip/origin.h"

namespace sip {
namespace {

using trace::Counter;

constexpr base::Bytes kPidf = "application/pidf+xml";
constexpr base::Bytes kPackage = "presence";
constexpr size_t kIdDigits = 16;
constexpr size_t kVersionDigits = 8;
constexpr size_t kNodeDigits = 4;

bool parse_hex(base::Bytes text, uint64_t& out) {
  const char* const end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, out, 16);
  return result.ec == std::errc() && result.ptr == end;
}

void append_hex(uint64_t number, size_t digits, base::Sink& out) {
  for (size_t i = digits; i-- > 0;) out.push_back("0123456789abcdef"[number >> (4 * i) & 15]);
}

uint16_t status_of(BodyFault fault) {
  switch (fault) {
    case BodyFault::none:
      return 0;
    case BodyFault::too_large:
      return 413;
    case BodyFault::malformed:
    case BodyFault::forbidden:
    case BodyFault::other_kind:
      return 400;
  }
  CHECK(false);
  return 500;
}

uint16_t status_of(im::PublishResult result) {
  switch (result) {
    case im::PublishResult::accepted:
      return 200;
    case im::PublishResult::stale:
      return 412;
    case im::PublishResult::too_large:
      return 413;
    case im::PublishResult::too_many_sources:
    case im::PublishResult::journal_full:
      return 503;
  }
  CHECK(false);
  return 500;
}

}  // namespace

void write_entity_tag(const EntityTag& tag, base::Sink& out) {
  append_hex(tag.publication.id, kIdDigits, out);
  append_hex(tag.publication.version, kVersionDigits, out);
  append_hex(tag.node, kNodeDigits, out);
}

bool read_entity_tag(base::Bytes text, EntityTag& out) {
  constexpr size_t kWithoutNode = kIdDigits + kVersionDigits;
  im::PublicationTag& tag = out.publication;
  uint64_t version = 0;
  uint64_t node = 0;
  if (text.size() == kWithoutNode + kNodeDigits) {
    if (!parse_hex(text.substr(kWithoutNode), node)) return false;
    text = text.substr(0, kWithoutNode);
  }
  if (text.size() != kWithoutNode || !parse_hex(text.substr(0, kIdDigits), tag.id) ||
      !parse_hex(text.substr(kIdDigits), version) || tag.id == 0) {
    return false;
  }
  tag.version = static_cast<uint32_t>(version);
  out.node = static_cast<engine::NodeId>(node);
  return true;
}

// A request that waits for its user to be read from the store.
struct Compositor::Asking final : im::Realm::Caller {
  Asking(Compositor& compositor, const Received& received) : owner(compositor), held(received) {}
  void loaded(im::User* user, im::BindResult result, engine::Turn& turn) override {
    --owner.asking_;
    held.use([&](const Received& request) {
      if (user != nullptr) return owner.publish(request, *user, turn);
      owner.refuse(request, result == im::BindResult::no_such_account ? 404 : 503, turn);
    });
  }
  Compositor& owner;
  const HeldRequest held;
};

Compositor::Compositor(Service& service, im::Realm& realm)
    : service_(service), realm_(realm), answers_(service) {
  service.handle(Method::publish, *this);
  service.announce(HeaderId::accept, kPidf);
}

bool Compositor::find_user(const Received& request) {
  return find_account(request.essentials.request_uri, realm_.options(), service_.options(),
                      account_);
}

// Who a Request-URI names lives where the partition says, whatever has become of the node that made
// the tag. A name that only that node goes by means nobody here: then its tag says where.
engine::Owner Compositor::owner_of(const Received& request, engine::Turn&) {
  if (find_user(request)) {
    return realm_.partition().owner(jid::JidView::trusted(account_).bare());
  }
  engine::Owner owner = service_.here();
  EntityTag tag;
  const bool known = read_entity_tag(request.message.value(HeaderId::sip_if_match), tag) &&
                     peer_at_node(service_.options().peers, tag.node) != nullptr;
  if (known) owner.node = tag.node;
  return owner;
}

void Compositor::on_request(const Received& request, engine::Turn& turn) {
  const uint16_t status = check(request, turn.now);
  if (status != 0) return refuse(request, status, turn);
  const std::string bare(jid::JidView::trusted(account_).bare());
  if (im::User* const user = realm_.find_user(bare)) return publish(request, *user, turn);
  if (asking_ >= kAskingMax) return refuse(request, 503, turn);
  ++asking_;
  if (realm_.when_loaded(bare, std::make_unique<Asking>(*this, request), turn)) return;
  --asking_;
  refuse(request, 503, turn);
}

// In the order of RFC 3903 §6.
uint16_t Compositor::check(const Received& request, base::Instant now) {
  if (!find_user(request)) return 404;
  const Flow origin = origin_of(request, service_.options().peers);
  const bool allowed = request.account.empty()
                           ? may_publish(service_.options().peers, origin)
                           : request.account == jid::JidView::trusted(account_).bare();
  if (!allowed) {
    service_.refusals().note(origin.remote, account_, "may not publish for this user", now);
    return 403;
  }
  Event event;
  if (read_event(request.message, event) != Read::ok || event.package != kPackage) return 489;
  uint32_t seconds = 0;
  if (!choose_lifetime(request.essentials, lifetimes_, seconds)) return 423;
  return 0;
}

void Compositor::publish(const Received& request, im::User& user, engine::Turn& turn) {
  uint32_t seconds = 0;
  const bool chosen = choose_lifetime(request.essentials, lifetimes_, seconds);
  CHECK(chosen);
  im::Publish wish;
  wish.lifetime = base::Duration::seconds(seconds);
  const HeaderField* const condition = request.message.find(HeaderId::sip_if_match);
  EntityTag tag;
  if (condition != nullptr && !read_entity_tag(request.message.value(*condition), tag)) {
    return refuse(request, 412, turn);
  }
  wish.tag = tag.publication;
  const bool withdraws = wish.tag.id != 0 && seconds == 0;
  if (!request.message.body().empty() && !withdraws) {
    const uint16_t status = read_body(request);
    if (status != 0) return refuse(request, status, turn);
    wish.report = &report_;
  } else if (wish.tag.id == 0) {
    return refuse(request, 400, turn);
  }
  const im::Published published = realm_.presentity(user).publish(wish, turn);
  const uint16_t status = status_of(published.result);
  if (status != 200) return refuse(request, status, turn);
  accepted(request, published.tag, seconds, turn);
}

uint16_t Compositor::read_body(const Received& request) {
  MediaType type;
  if (read_content_type(request.message, type) != Read::ok || !type.is(kPidf)) return 415;
  // A trunk peer tells of lines, a user of herself.
  const auto kind = request.account.empty() ? im::SourceKind::line : im::SourceKind::publication;
  return status_of(reader_.read(request.message.body(), kind, report_));
}

void Compositor::accepted(const Received& request, im::PublicationTag tag, uint32_t seconds,
                          engine::Turn& turn) {
  trace::count(Counter::sip_publications);
  std::string response;
  Writer writer(response);
  service_.begin_answer(request, {.status = 200}, writer);
  std::string text;
  write_entity_tag({tag, service_.here().node}, text);
  writer.field(HeaderId::sip_etag, text);
  writer.number(HeaderId::expires, seconds);
  writer.end();
  if (base::plant == base::Plant::sip_answer_before_commit) {
    return service_.respond(request.back, 200, response, turn);
  }
  answers_.add(request.back, 200, std::move(response), 0, turn);
}

void Compositor::refuse(const Received& request, uint16_t status, engine::Turn& turn) {
  trace::count(Counter::sip_publications_refused);
  std::string& out = service_.response_scratch();
  Writer writer(out);
  service_.begin_answer(request, {.status = status}, writer);
  if (status == 415) writer.field(HeaderId::accept, kPidf);
  if (status == 423) writer.number(HeaderId::min_expires, lifetimes_.shortest);
  if (status == 489) service_.write_announced(HeaderId::allow_events, writer);
  writer.end();
  service_.respond(request.back, status, out, turn);
}

void Compositor::on_committed(engine::Turn& turn) {
  answers_.on_committed(turn, [](uint64_t, bool) {});
}

}  // namespace sip
