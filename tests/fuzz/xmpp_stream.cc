// Three clients of one node (two of alice, one of bob) whose bytes the input is, strangers or
// logged in and bound. Octets that no XML may contain are no bytes of theirs but events of the
// world around them (Event). Nothing may crash; whatever the server says to anybody is a
// well-formed stream with honest senders; what is open at the end goes away without a trace.
#include <array>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "protocols/jid/jid.h"
#include "protocols/xml/document.h"
#include "protocols/xml/stream_reader.h"
#include "tests/protocols/xmpp/support/dialogue.h"

namespace {

using xmpp_test::FakeNode;

enum Event : unsigned char {
  kAlice = 0,   // the next bytes are hers,
  kBob = 1,     // … his,
  kAlice2 = 2,  // … or those of her other client
  kBeginScram = 3,
  kFinishScram = 4,  // with the right proof
  kReconnect = 5,    // the network fails, a new connection
  kResume = 6,       // logs in and resumes what was lost (XEP-0198)
  kSecond = 7,
  kMinute = 0x0e,
  kCongest = 0x0f,  // takes nothing more, or takes it again
  kStore = 0x10,    // the store keeps its answers back, or gives them
  kStoreFails = 0x11,
  kSecure = 0x12,  // the TLS handshake after <proceed/> succeeds
  kKick = 0x13,
  kReload = 0x14,  // with the lowest limits that may be configured
  kShutDown = 0x15,
};
constexpr base::Bytes kExporter = "exporter-octets";
constexpr unsigned char kLastEvent = kShutDown;

// The input's first octet.
enum Setting : uint8_t {
  kBound = 1,
  kOtherShard = 2,  // alice's
  kListener = 12,   // of FakeNode, the one for tests first
  kOpen = 16,       // anybody may register; one session a user
};

void require(bool condition) {
  if (!condition) std::abort();
}

bool is_event(char c) {
  const auto octet = static_cast<unsigned char>(c);
  return octet <= kLastEvent && octet != '\t' && octet != '\n' && octet != '\r' && octet != 0x08 &&
         octet != 0x0b && octet != 0x0c;
}

// What the server sends to one connection.
class Audience {
 public:
  explicit Audience(bool anybody) : anybody_(anybody) {}

  void hear(base::Bytes in) {
    while (!in.empty()) {
      const base::Bytes before = in;
      switch (reader_->next(in, document_, limits_)) {
        case xml::StreamEvent::need_more:
          require(reader_->carried_bytes() == 0);  // nobody is told half a stanza
          return;
        case xml::StreamEvent::header:
          break;
        case xml::StreamEvent::stanza:
          check(reader_->element());
          break;
        case xml::StreamEvent::end:
          require(in.empty());
          return;
        case xml::StreamEvent::error:
          // Streams are restarted, by what the client does (RFC 6120 §4.3.3).
          require(before.starts_with("<?xml version='1.0'?><stream:stream "));
          in = before;
          reader_ = std::make_unique<xml::StreamReader>();
          require(reader_->next(in, document_, limits_) == xml::StreamEvent::header);
      }
    }
  }

 private:
  // RFC 6120 §8.1.2.1: who sent a stanza is the server's word.
  void check(const xml::Element& element) const {
    require(!element.ns().empty());
    if (anybody_ || !element.has_attribute("from")) return;
    static const std::set<std::string, std::less<>> known = {"alice@localhost", "bob@localhost",
                                                             "localhost", "example.org"};
    std::string scratch;
    jid::JidView from;
    require(jid::parse(element.attribute("from"), scratch, from));
    // Who cannot be reached answers with an error, whoever it is.
    require(known.contains(from.bare()) || element.attribute("type") == "error");
  }

  const bool anybody_;  // there may be other users
  const xml::Limits limits_{
      .depth = 256, .attributes = 512, .name_bytes = 4096, .stanza_bytes = 1 << 24};
  xml::Document document_;
  std::unique_ptr<xml::StreamReader> reader_ = std::make_unique<xml::StreamReader>();
};

struct Person {
  const char* user = "alice";
  const char* password = "wonderland";
  const char* resource = "r";
  FakeNode::Client client = 0;
  std::unique_ptr<Audience> audience;
  xmpp_test::ScramClient scram;
  std::string challenge;   // the last one, decoded
  std::string resumption;  // id of the last session that can be resumed
  bool congested = false;
};

class World {
 public:
  World(uint8_t settings, size_t piece)
      : open_((settings & kOpen) != 0),
        node_(2, options(open_)),
        piece_(piece),
        listener_(static_cast<uint16_t>((settings & kListener) / 4 ^ 1)) {
    node_.partition.owners["alice@localhost"] = (settings & kOtherShard) != 0 ? 1 : 0;
    people_[kBob].user = "bob";
    people_[kBob].password = "builder";
    people_[kAlice2].resource = "s";
    for (Person& person : people_) {
      connect(person, (settings & kBound) != 0 ? uint16_t{1} : listener_);
      if ((settings & kBound) == 0) continue;
      xmpp_test::enter(node_, person.client, person.user, person.password, person.resource);
      person.audience->hear(xmpp_test::header());
    }
  }

  void play(base::Bytes in) {
    while (!in.empty()) {
      size_t size = 0;
      while (size < in.size() && size < piece_ && !is_event(in[size])) ++size;
      if (size > 0) {
        node_.send(people_[speaker_].client, in.substr(0, size));
      } else {
        happen(static_cast<Event>(in[0]));
        size = 1;
      }
      in.remove_prefix(size);
      listen();
    }
  }

  void end() {
    node_.hold_store = false;
    node_.release_store();
    listen();
    for (const engine::ShardId shard : {0, 1}) {
      node_.service(shard).for_each_session(
          [](const xmpp::SessionFacts& facts) { require(!facts.jid.empty()); });
    }
    for (Person& person : people_) {
      if (!node_.closed(person.client)) node_.drop(person.client);
    }
    node_.advance(base::Duration::seconds(2));
    // A session that can be resumed waits five minutes.
    if (sessions() != 0) node_.advance(base::Duration::seconds(301));
    require(sessions() == 0);
    require(node_.service(0).stream_count() == 0 && node_.service(1).stream_count() == 0);
  }

 private:
  static xmpp::Options options(bool open) {
    xmpp::Options options = xmpp_test::default_options();
    if (!open) return options;
    auto im = std::make_shared<im::Options>(*options.im);
    im->sessions_per_user_max = 1;
    im->conflict = im::ConflictPolicy::refuse;
    im->offline = im::OfflinePolicy::bounce;
    options.im = im;
    options.registration = true;
    options.contacts = {{"admin-addresses", {"xmpp:admin@localhost", "mailto:a@b?x=1&y=2"}}};
    return options;
  }

  size_t sessions() { return node_.service(0).session_count() + node_.service(1).session_count(); }

  void connect(Person& person, uint16_t listener) {
    person.client = node_.connect(listener, listener % 2);
    person.audience = std::make_unique<Audience>(open_);
    person.congested = false;
    person.scram.gs2 = "n,,";
    person.scram.binding.clear();
  }

  void listen() {
    for (Person& person : people_) {
      const std::string heard = node_.take(person.client);
      person.audience->hear(heard);
      if (xmpp_test::has(heard, "</challenge>")) {
        person.challenge = xmpp_test::unbase64(xmpp_test::content(heard, "challenge"));
      }
      const size_t enabled = heard.find("<enabled ");
      if (enabled != std::string::npos) {
        person.resumption = xmpp_test::attribute(heard.substr(enabled), "id");
      }
    }
  }

  void happen(Event event) {
    Person& person = people_[speaker_];
    const bool closed = node_.closed(person.client);
    switch (event) {
      case kAlice:
      case kBob:
      case kAlice2:
        speaker_ = event;
        return;
      case kBeginScram:
        person.challenge.clear();
        person.scram.user = person.user;
        person.scram.password = person.password;
        node_.send(
            person.client,
            xmpp_test::auth(person.scram.binding.empty() ? "SCRAM-SHA-256" : "SCRAM-SHA-256-PLUS",
                            person.scram.first()));
        return;
      case kFinishScram:
        // As a client would: only what looks like an answer to its own first message.
        if (!person.challenge.starts_with("r=" + person.scram.nonce)) return;
        node_.send(person.client, xmpp_test::response(person.scram.final(person.challenge)));
        return;
      case kReconnect:
        if (!closed) node_.drop(person.client);
        connect(person, listener_);
        return;
      case kResume:
        resume(person);
        return;
      case kSecond:
        node_.advance(base::Duration::seconds(1));
        return;
      case kMinute:
        node_.advance(base::Duration::seconds(61));
        return;
      case kCongest:
        person.congested = !person.congested;
        if (!closed) node_.congest(person.client, person.congested);
        return;
      case kStore:
        node_.hold_store = !node_.hold_store;
        if (!node_.hold_store) node_.release_store();
        return;
      case kStoreFails:
        node_.fail_store = !node_.fail_store;
        return;
      case kSecure:
        if (closed || !node_.securing(person.client)) return;
        node_.secure(person.client, 0x0304, kExporter);
        person.scram.gs2 = "p=tls-exporter,,";
        person.scram.binding = kExporter;
        return;
      case kKick:
        node_.kick("alice@localhost/r");
        return;
      case kReload:
        reload();
        return;
      case kShutDown:
        if (!std::exchange(shut_down_, true)) node_.shut_down();
        return;
    }
  }

  void resume(Person& person) {
    if (!node_.closed(person.client)) node_.drop(person.client);
    connect(person, 1);
    const std::string header = xmpp_test::header();
    node_.send(person.client, header + xmpp_test::plain(person.user, person.password));
    node_.send(person.client,
               header + "<resume xmlns='urn:xmpp:sm:3' h='0' previd='" + person.resumption + "'/>");
  }

  void reload() {
    xmpp::Options options = World::options(open_);
    for (xml::Limits* limits : {&options.before_authentication, &options.after_authentication}) {
      *limits = {.depth = 8, .attributes = 8, .name_bytes = 32, .stanza_bytes = 10000};
    }
    auto im = std::make_shared<im::Options>(*options.im);
    im->roster_items_max = im->offline_messages_max = im->block_list_max = 1;
    im->directed_presence_max = im->roster_groups_max = im->subscription_requests_max = 1;
    im->users_cached_max = 0;
    options.im = im;
    options.unacked_stanzas_max = 2;
    options.csi_queue_max = 1;
    node_.set_options(options);
  }

  const bool open_;
  FakeNode node_;
  size_t piece_;
  uint16_t listener_;
  size_t speaker_ = kAlice;
  bool shut_down_ = false;
  std::array<Person, 3> people_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  World world(data[0], data[1] == 0 ? size : data[1]);
  world.play({reinterpret_cast<const char*>(data) + 2, size - 2});
  world.end();
  return 0;
}
