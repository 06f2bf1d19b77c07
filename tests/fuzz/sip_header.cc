// The structured header fields of SIP, one a target of its own value: the first byte says which.
// What is found lies inside, and written again from what was found it is read the same.
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>

#include "protocols/sip/header/digest.h"
#include "protocols/sip/header/essentials.h"
#include "protocols/sip/header/event.h"
#include "protocols/sip/header/media_type.h"

namespace {

using base::Bytes;

void require(bool condition) {
  if (!condition) std::abort();
}

bool inside(Bytes part, Bytes whole) {
  return part.empty() ||
         (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

void check_via(Bytes in) {
  sip::Via via;
  if (!sip::parse_via(in, via)) return;
  for (const Bytes part :
       {via.transport_name, via.host, via.branch, via.received, via.maddr, via.parameters}) {
    require(inside(part, in));
  }
  std::string again = "SIP/2.0/";
  again.append(via.transport_name).append(" ").append(via.host);
  if (via.port != 0) again.append(":").append(std::to_string(via.port));
  again.append(via.parameters);
  sip::Via same;
  require(sip::parse_via(again, same) && same.transport == via.transport);
  require(same.host == via.host && same.port == via.port && same.branch == via.branch);
  require(same.has_rport == via.has_rport && same.rport == via.rport);
  require(same.received == via.received && same.maddr == via.maddr);
}

// `name` as it would be written by us in front of the same URI.
std::string written(const sip::Address& address) {
  std::string name;
  sip::append_display_name(address, name);
  std::string out;
  sip::quote(name, out);
  out.append(" <").append(address.uri).append(">").append(address.parameters);
  return out;
}

void check_parts(const sip::Address& address, Bytes in) {
  for (const Bytes part : {address.display_name, address.uri, address.parameters, address.tag}) {
    require(inside(part, in));
  }
  require(!address.uri.empty());
}

void check_address(Bytes in) {
  sip::Address address;
  if (!sip::parse_address(in, address)) return;
  check_parts(address, in);
  const std::string again = written(address);
  sip::Address same;
  require(sip::parse_address(again, same) && same.bracketed && same.display_quoted);
  require(same.uri == address.uri && same.tag == address.tag);
  require(written(same) == again);
}

void check_contacts(Bytes in) {
  sip::ListReader list(in);
  for (Bytes element; list.next(element);) {
    require(inside(element, in));
    sip::Contact contact;
    if (!sip::parse_contact(element, contact) || contact.star) continue;
    check_parts(contact.address, element);
    require(contact.q <= 1000);
    const std::string again = written(contact.address);
    sip::Contact same;
    require(sip::parse_contact(again, same) && !same.star);
    require(same.address.uri == contact.address.uri && same.q == contact.q);
    require(same.has_expires == contact.has_expires && same.expires == contact.expires);
  }
}

void check_cseq(Bytes in) {
  sip::CSeq cseq;
  if (!sip::parse_cseq(in, cseq)) return;
  require(cseq.number <= sip::kCSeqMax && inside(cseq.method_name, in));
  std::string again = std::to_string(cseq.number);
  again.append(" ").append(cseq.method_name);
  sip::CSeq same;
  require(sip::parse_cseq(again, same) && same.number == cseq.number);
  require(same.method == cseq.method && same.method_name == cseq.method_name);
}

void check_event(Bytes in) {
  sip::Event event;
  if (!sip::parse_event(in, event)) return;
  require(inside(event.package, in) && inside(event.id, in) && inside(event.parameters, in));
  std::string again(event.package);
  again.append(event.parameters);
  sip::Event same;
  require(sip::parse_event(again, same));
  require(same.package == event.package && same.id == event.id);
}

void check_subscription_state(Bytes in) {
  using State = sip::SubscriptionState::State;
  using Reason = sip::SubscriptionState::Reason;
  sip::SubscriptionState state;
  if (!sip::parse_subscription_state(in, state) || state.state == State::other) return;
  std::string again = state.state == State::active    ? "active"
                      : state.state == State::pending ? "pending"
                                                      : "terminated";
  if (state.reason != Reason::none && state.reason != Reason::other) {
    again.append(";reason=").append(sip::wire_name(state.reason));
  }
  if (state.has_expires) again.append(";expires=").append(std::to_string(state.expires));
  if (state.has_retry_after) {
    again.append(";retry-after=").append(std::to_string(state.retry_after));
  }
  sip::SubscriptionState same;
  require(sip::parse_subscription_state(again, same) && same.state == state.state);
  require(same.reason == state.reason || state.reason == Reason::other);
  require(same.has_expires == state.has_expires && same.expires == state.expires);
  require(same.has_retry_after == state.has_retry_after && same.retry_after == state.retry_after);
}

void check_media_type(Bytes in) {
  sip::MediaType type;
  if (!sip::parse_media_type(in, type)) return;
  require(inside(type.type, in) && inside(type.subtype, in) && inside(type.parameters, in));
  std::string name(type.type);
  name.append("/").append(type.subtype);
  require(type.is(name));
  sip::MediaType same;
  const std::string whole = name + std::string(type.parameters);
  require(sip::parse_media_type(whole, same) && same.is(name));
  sip::Parameter boundary;
  sip::Parameter again;
  const bool found = sip::find_parameter(type.parameters, "boundary", boundary);
  require(found == sip::find_parameter(same.parameters, "boundary", again));
  require(!found || (inside(boundary.value, in) && boundary.value == again.value));
}

void check_credentials(Bytes in) {
  sip::DigestCredentials found;
  if (sip::parse_credentials(in, found) != sip::Read::ok) return;
  std::string again = "Digest username=\"";
  again.append(found.username).append("\", realm=\"").append(found.realm);
  again.append("\", nonce=\"").append(found.nonce).append("\", uri=\"").append(found.uri);
  again.append("\", response=\"").append(found.response).append("\"");
  for (const Bytes part : {found.username, found.realm, found.nonce, found.uri, found.response,
                           found.cnonce, found.opaque, found.qop, found.nonce_count_text}) {
    require(inside(part, in));
  }
  require(!found.has_nonce_count || found.nonce_count_text.size() == 8);
  sip::DigestCredentials same;
  require(sip::parse_credentials(again, same) == sip::Read::ok);
  require(same.username == found.username && same.realm == found.realm);
  require(same.nonce == found.nonce && same.uri == found.uri && same.response == found.response);
}

void check_challenge(Bytes in) {
  sip::DigestChallenge found;
  if (sip::parse_challenge(in, found) != sip::Read::ok) return;
  require(inside(found.realm, in) && inside(found.nonce, in) && inside(found.opaque, in));
}

// Fields that are read of a message only.
void check_numbers(Bytes in) {
  std::string text = "OPTIONS sip:a SIP/2.0\r\nRetry-After: ";
  text.append(in).append("\r\nExpires: ").append(in).append("\r\nMax-Forwards: ").append(in);
  text.append("\r\nAccept: ").append(in).append("\r\nSupported: ").append(in).append("\r\n\r\n");
  sip::Message message;
  if (!message.index_datagram(text)) return;
  uint32_t number = 0;
  if (sip::read_max_forwards(message, number) == sip::Read::ok) {
    require(number <= sip::kMaxForwardsMax);
  }
  (void)sip::read_expires(message, number);
  (void)sip::read_retry_after(message, number);
  (void)sip::accepts(message, "application/pidf+xml", true);
  sip::ListReader list(message, sip::HeaderId::supported);
  for (Bytes element; list.next(element);) {
    require(inside(element, text));
    if (!element.empty() && sip::all(sip::kToken, element)) {
      require(sip::list_contains(message, sip::HeaderId::supported, element));
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 1) return 0;
  // An exact-fit block: the sanitizer sees every byte read behind it.
  const std::unique_ptr<char[]> block(new char[size - 1]);
  if (size > 1) std::memcpy(block.get(), data + 1, size - 1);
  const Bytes in(block.get(), size - 1);
  constexpr void (*kChecks[])(Bytes) = {check_via,        check_address,
                                        check_contacts,   check_cseq,
                                        check_event,      check_subscription_state,
                                        check_media_type, check_credentials,
                                        check_challenge,  check_numbers};
  kChecks[data[0] % std::size(kChecks)](in);
  return 0;
}
