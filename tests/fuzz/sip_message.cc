// SIP messages: what is found lies inside the input, getters agree with each other, cutting a
// stream changes nothing, and what we answer is a message that says the same.
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>

#include "protocols/sip/header/digest.h"
#include "protocols/sip/header/essentials.h"
#include "protocols/sip/header/event.h"
#include "protocols/sip/header/media_type.h"
#include "protocols/sip/header/writer.h"
#include "protocols/sip/message/stream_framer.h"

namespace {

using base::Bytes;

void require(bool condition) {
  if (!condition) std::abort();
}

bool inside(Bytes part, Bytes whole) {
  return part.empty() ||
         (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

void check_uri(Bytes text) {
  sip::Uri uri;
  if (!sip::parse_uri(text, uri)) return;
  for (const Bytes part : {uri.user, uri.password, uri.host, uri.parameters, uri.headers}) {
    require(inside(part, text));
  }
  require(sip::equal_uris(uri, uri));
  std::string record;
  if (!sip::append_address_of_record(uri, record) || !uri.has_user || !uri.is_sip()) return;
  // What was decoded can be escaped again, and then it is the same user.
  std::string user;
  require(sip::unescape(uri.user, user));
  std::string again = "sip:";
  sip::escape_user(user, again);
  again.append("@").append(uri.host);
  sip::Uri second;
  require(sip::parse_uri(again, second));
  std::string same;
  require(sip::append_address_of_record(second, same) && same == record);
}

void check_lists(const sip::Message& message) {
  for (const sip::HeaderId id : {sip::HeaderId::via, sip::HeaderId::contact, sip::HeaderId::route,
                                 sip::HeaderId::record_route, sip::HeaderId::accept}) {
    sip::ListReader list(message, id);
    Bytes element;
    while (list.next(element)) {
      require(inside(element, message.bytes()));
      sip::Via via;
      (void)sip::parse_via(element, via);
      sip::Contact contact;
      if (!sip::parse_contact(element, contact) || contact.star) continue;
      require(inside(contact.address.uri, element) && contact.q <= 1000);
      check_uri(contact.address.uri);
      std::string name;
      sip::append_display_name(contact.address, name);
      std::string quoted;
      sip::quote(name, quoted);
      sip::Reader reader(quoted);
      Bytes back;
      require(reader.quoted_string(back) && reader.done());
    }
  }
}

void check_getters(const sip::Message& message) {
  for (const sip::HeaderField& field : message.fields()) {
    require(inside(message.name(field), message.bytes()));
    require(inside(message.value(field), message.bytes()));
    require(sip::find_header_id(message.name(field)) == field.id);
    std::string line;
    sip::unfold(message.value(field), line);
    require(line.find_first_of("\r\n") == Bytes::npos);
    sip::DigestCredentials credentials;
    (void)sip::parse_credentials(message.value(field), credentials);
    sip::DigestChallenge challenge;
    (void)sip::parse_challenge(message.value(field), challenge);
  }
  sip::Event event;
  (void)sip::read_event(message, event);
  sip::SubscriptionState state;
  (void)sip::read_subscription_state(message, state);
  sip::MediaType type;
  (void)sip::read_content_type(message, type);
  (void)sip::accepts(message, "application/pidf+xml", true);
  uint32_t seconds = 0;
  (void)sip::read_retry_after(message, seconds);
  check_lists(message);
}

// Whatever was refused or not: the answer is well-formed as far as the request was.
void check_answer(const sip::Message& request, bool good, const sip::Essentials& essentials) {
  if (!request.can_answer()) return;
  std::string out;
  sip::Response how;
  how.status = good ? 200 : 400;
  how.to_tag = "fuzz";
  how.source = base::parse_address("192.0.2.7", 5060);
  sip::Writer writer(out);
  writer.begin_response(request, how);
  writer.end();
  sip::Message answer;
  require(answer.index_stream(out, sip::Limits()) == sip::Message::Found::message);
  require(answer.total_bytes() == out.size() && answer.status() == how.status);
  if (!good) return;
  sip::Essentials read;
  sip::Fault fault = sip::Fault::none;
  require(sip::read_essentials(answer, read, fault));
  require(read.call_id == essentials.call_id && read.cseq.number == essentials.cseq.number);
  require(read.via.branch == essentials.via.branch && read.from.tag == essentials.from.tag);
  require(read.to.tag == (essentials.to.tag.empty() ? Bytes("fuzz") : essentials.to.tag));
  require(!essentials.via.has_rport ||
          (read.via.received == "192.0.2.7" && read.via.rport == 5060));
}

void check_datagram(Bytes in) {
  sip::Message message;
  const bool indexed = message.index_datagram(in);
  require(indexed == (message.fault() == sip::Fault::none));
  require(inside(message.body(), in) && message.total_bytes() <= in.size());
  check_getters(message);
  sip::Essentials essentials;
  sip::Fault fault = sip::Fault::none;
  const bool good = indexed && sip::read_essentials(message, essentials, fault);
  if (good && message.is_request()) check_uri(message.request_uri());
  check_answer(message, good, essentials);
}

std::string read_stream(Bytes in, size_t piece) {
  sip::Limits limits;
  limits.head_bytes = 2048;
  limits.body_bytes = 1024;
  sip::StreamFramer framer(limits);
  std::string out;
  for (size_t at = 0; at < in.size(); at += piece) {
    const std::string own(in.substr(at, piece));
    Bytes rest = own;
    sip::Message message;
    for (;;) {
      const sip::StreamFramer::Event event = framer.next(rest, message);
      if (event == sip::StreamFramer::Event::nothing) break;
      if (event == sip::StreamFramer::Event::fault) {
        return out.append("fault ").append(std::to_string(static_cast<int>(framer.fault())));
      }
      if (event == sip::StreamFramer::Event::message)
        out.append(message.bytes().substr(0, message.total_bytes()));
      out.append("|");
    }
    require(rest.empty());
    require(framer.held_bytes() <= 2 * (limits.head_bytes + limits.body_bytes));
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 1) return 0;
  const size_t piece = 1 + data[0] % 97;
  // An exact-fit block: the sanitizer sees every byte read behind it.
  const std::unique_ptr<char[]> block(new char[size]);
  std::memcpy(block.get(), data, size);
  const Bytes in(block.get() + 1, size - 1);
  check_datagram(in);
  check_uri(in);
  // A fault in a head that was cut may wait for the head's end to be told.
  const std::string whole = read_stream(in, size);
  const std::string cut = read_stream(in, piece);
  require(cut == whole || whole.substr(0, whole.rfind("fault ")) == cut);
  return 0;
}
