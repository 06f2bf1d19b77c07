// Our SIP parser against libosip2, on messages that are nearly right: where both accept a message,
// they read the same method, status, Request-URI, branch, tags, Call-ID, CSeq, Content-Length and
// body in it. What only one of them accepts is counted: libosip2 bears much that RFC 3261 forbids.
// Usage: sip_differential [--mutants N] [--seed S]. Exit status 1 on the first disagreement.
#include <osipparser2/osip_parser.h>
#include <osipparser2/osip_port.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>

#include "engine/base/random.h"
#include "protocols/sip/header/essentials.h"

namespace fuzz {
namespace {

using base::Bytes;

constexpr Bytes kFields =
    "From: \"A. Bell\" <sip:alice@example.com:5061;transport=tcp>;tag=a73k\r\n"
    "To: Bob <sip:bob@example.com>;tag=77\r\n"
    "Call-ID: 8a3f@192.0.2.1\r\n"
    "Max-Forwards: 70\r\n"
    "Contact: <sip:alice@192.0.2.1:5066>;expires=60\r\n"
    "Event: presence\r\n"
    "Supported: eventlist\r\n";

struct Seed {
  Bytes start;
  Bytes cseq;
};
constexpr Seed kSeeds[] = {
    {"PUBLISH sip:alice@example.com SIP/2.0", "1 PUBLISH"},
    {"SUBSCRIBE sip:bob@example.com;transport=udp SIP/2.0", "4711 SUBSCRIBE"},
    {"MESSAGE sip:bob@[2001:db8::1]:5070 SIP/2.0", "2 MESSAGE"},
    {"REGISTER sips:example.com SIP/2.0", "3 REGISTER"},
    {"NOTIFY sip:%61lice%3B1:se%20cret@192.0.2.1:5066;transport=tcp;lr SIP/2.0", "11 NOTIFY"},
    {"SIP/2.0 200 OK", "9 NOTIFY"},
    {"SIP/2.0 481 Subscription does not exist", "10 NOTIFY"},
};

// What both are asked for; empty where there is none.
struct Reading {
  bool accepted = false;
  std::string method;
  int status = 0;
  std::string uri_scheme;
  std::string uri_user;  // without escapes, as the next one
  std::string uri_password;
  std::string uri_host;
  std::string uri_port;
  std::string content_length;
  std::string via_host;
  std::string branch;
  std::string from_tag;
  std::string to_tag;
  std::string call_id;
  std::string cseq_number;
  std::string cseq_method;
  std::string body;
  friend bool operator==(const Reading&, const Reading&) = default;

  void print(const char* who) const {
    std::printf("%s: method '%s' status %d uri '%s' '%s' '%s' '%s' '%s' via '%s' branch '%s'\n",
                who, method.c_str(), status, uri_scheme.c_str(), uri_user.c_str(),
                uri_password.c_str(), uri_host.c_str(), uri_port.c_str(), via_host.c_str(),
                branch.c_str());
    std::printf("%s: from '%s' to '%s' call '%s' cseq '%s' '%s' length '%s' body '%s'\n", who,
                from_tag.c_str(), to_tag.c_str(), call_id.c_str(), cseq_number.c_str(),
                cseq_method.c_str(), content_length.c_str(), body.c_str());
  }
};

class Mutator {
 public:
  explicit Mutator(uint64_t seed) : random_(seed) {}

  std::string make() {
    const Seed& seed = kSeeds[below(std::size(kSeeds))];
    const std::string body = below(2) == 0 ? "" : "<p>hello</p>";
    std::string text(seed.start);
    text += "\r\nVia: SIP/2.0/UDP 192.0.2.1:5066;branch=z9hG4bKa1;rport\r\n";
    if (below(2) == 0) text += "Via: SIP/2.0/TCP host.example.com;branch=z9hG4bKb2\r\n";
    text.append(kFields).append("CSeq: ").append(seed.cseq).append("\r\n");
    if (!body.empty()) text += "Content-Type: text/plain\r\n";
    text += "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
    const size_t faults = below(4);
    for (size_t i = 0; i < faults; ++i) mutate(text);
    return text;
  }

 private:
  size_t below(size_t bound) { return random_.step() % bound; }

  void mutate(std::string& text) {
    constexpr Bytes kBytes = "\r\n :;,<>\"@=/?%[]\\aZ09-.*\t'";
    const size_t at = below(text.size());
    switch (below(6)) {
      case 0:
        text[at] = kBytes[below(kBytes.size())];
        break;
      case 1:
        text.insert(at, 1, kBytes[below(kBytes.size())]);
        break;
      case 2:
        text.erase(at, 1 + below(3));
        break;
      case 3:  // a fold where a space may be
        if (const size_t space = text.find(": ", at); space != std::string::npos) {
          text.insert(space + 1, "\r\n");
        }
        break;
      case 4:  // a line twice, or none
        if (const size_t line = text.find("\r\n", at); line != std::string::npos) {
          const size_t end = text.find("\r\n", line + 2);
          if (end == std::string::npos) break;
          const std::string copy = text.substr(line, end - line);
          if (below(2) == 0) {
            text.insert(line, copy);
          } else {
            text.erase(line, copy.size());
          }
        }
        break;
      default:
        if (const size_t upper = text.find_first_of("FTCVS", at); upper != std::string::npos) {
          text[upper] = static_cast<char>(text[upper] | 0x20);
        }
        break;
    }
    if (text.empty()) text = "x";
  }

  base::Prng random_;
};

void read_our_uri(const sip::Uri& uri, Reading& out) {
  out.uri_scheme = uri.scheme_name;
  if (!uri.is_sip()) return;
  if (!sip::unescape(uri.user, out.uri_user)) std::abort();
  if (!sip::unescape(uri.password, out.uri_password)) std::abort();
  out.uri_host = uri.host;
  if (uri.port != 0) out.uri_port = std::to_string(uri.port);
}

Reading read_ours(const std::string& text) {
  Reading out;
  sip::Message message;
  sip::Essentials essentials;
  sip::Fault fault = sip::Fault::none;
  if (!message.index_datagram(text) || !sip::read_essentials(message, essentials, fault))
    return out;
  out.accepted = true;
  out.method = message.method_name();
  out.status = message.status();
  if (message.is_request()) read_our_uri(essentials.request_uri, out);
  if (message.has(sip::HeaderId::content_length)) {
    out.content_length = std::to_string(message.body().size());
  }
  out.via_host = essentials.via.host;
  out.branch = essentials.via.branch;
  out.from_tag = essentials.from.tag;
  out.to_tag = essentials.to.tag;
  out.call_id = essentials.call_id;
  out.cseq_number = std::to_string(essentials.cseq.number);
  out.cseq_method = essentials.cseq.method_name;
  // libosip2 reads no body whose type it is not told.
  if (!message.value(sip::HeaderId::content_type).empty()) out.body = message.body();
  return out;
}

std::string text_of(const char* text) { return text == nullptr ? "" : text; }

std::string tag_of(osip_from_t* address) {
  osip_generic_param_t* tag = nullptr;
  osip_from_get_tag(address, &tag);
  return tag == nullptr ? "" : text_of(tag->gvalue);
}

void read_osip_uri(const osip_uri_t& uri, Reading& out) {
  out.uri_scheme = text_of(uri.scheme);
  out.uri_user = text_of(uri.username);
  out.uri_password = text_of(uri.password);
  out.uri_host = text_of(uri.host);
  out.uri_port = text_of(uri.port);
}

Reading read_osip(const std::string& text) {
  Reading out;
  osip_message_t* raw = nullptr;
  if (osip_message_init(&raw) != 0) std::abort();
  const std::unique_ptr<osip_message_t, decltype(&osip_message_free)> message(raw,
                                                                              &osip_message_free);
  if (osip_message_parse(raw, text.data(), text.size()) != 0) return out;
  osip_via_t* via = nullptr;
  osip_message_get_via(raw, 0, &via);
  if (via == nullptr || raw->from == nullptr || raw->to == nullptr || raw->call_id == nullptr ||
      raw->cseq == nullptr) {
    return out;
  }
  out.accepted = true;
  out.status = raw->status_code;
  if (out.status == 0) out.method = text_of(raw->sip_method);
  out.via_host = text_of(via_get_host(via));
  if (raw->req_uri != nullptr) read_osip_uri(*raw->req_uri, out);
  if (raw->content_length != nullptr) out.content_length = text_of(raw->content_length->value);
  osip_generic_param_t* branch = nullptr;
  osip_via_param_get_byname(via, const_cast<char*>("branch"), &branch);
  if (branch != nullptr) out.branch = text_of(branch->gvalue);
  out.from_tag = tag_of(raw->from);
  out.to_tag = tag_of(raw->to);
  out.call_id = text_of(raw->call_id->number);
  if (raw->call_id->host != nullptr) out.call_id.append("@").append(raw->call_id->host);
  out.cseq_number = text_of(raw->cseq->number);
  out.cseq_method = text_of(raw->cseq->method);
  osip_body_t* body = nullptr;
  osip_message_get_body(raw, 0, &body);
  if (body != nullptr) out.body.assign(body->body, body->length);
  return out;
}

void drop_zeros(std::string& number) {
  while (number.size() > 1 && number[0] == '0') number.erase(0, 1);
}

void drop_brackets(std::string& host) {
  if (!host.empty() && host[0] == '[') host = host.substr(1, host.size() - 2);
}

// libosip2's own ways, which are not differences in what was said: it keeps numbers' leading zeros,
// writes IPv6 hosts without their brackets, makes a Content-Length where there is none, ends users
// and passwords at an escaped NUL, and takes schemes that only begin with "sip" apart like that
// one.
void even_out(Reading& ours, Reading& theirs) {
  drop_zeros(theirs.cseq_number);
  drop_zeros(theirs.uri_port);
  drop_zeros(theirs.content_length);
  if (ours.content_length.empty()) theirs.content_length.clear();
  drop_brackets(ours.via_host);
  drop_brackets(ours.uri_host);
  ours.uri_user = ours.uri_user.c_str();
  ours.uri_password = ours.uri_password.c_str();
  if (ours.uri_host.empty()) {
    theirs.uri_user.clear();
    theirs.uri_password.clear();
    theirs.uri_host.clear();
    theirs.uri_port.clear();
  }
}

// A status line without the space before its phrase: libosip2 takes the next line for the phrase.
bool lacks_phrase(Bytes text) {
  const Bytes line = text.substr(0, text.find('\r'));
  return line.substr(0, 4) == "SIP/" && line.find(' ', line.find(' ') + 1) == Bytes::npos;
}

int run(uint64_t mutants, uint64_t seed) {
  osip_trace_initialize_func(OSIP_FATAL,
                             [](const char*, int, osip_trace_level_t, const char*, va_list) {});
  parser_init();
  Mutator mutator(seed);
  unsigned long long both = 0;
  unsigned long long ours_alone = 0;
  unsigned long long theirs_alone = 0;
  unsigned long long neither = 0;
  for (uint64_t i = 0; i < mutants; ++i) {
    const std::string text = mutator.make();
    Reading ours = read_ours(text);
    Reading theirs = read_osip(text);
    ++(ours.accepted ? (theirs.accepted ? both : ours_alone)
                     : (theirs.accepted ? theirs_alone : neither));
    if (!ours.accepted || !theirs.accepted) continue;
    even_out(ours, theirs);
    if (ours == theirs || lacks_phrase(text)) continue;
    std::printf("mutant %llu, seed %llu: they differ\n%s\n", static_cast<unsigned long long>(i),
                static_cast<unsigned long long>(seed), text.c_str());
    ours.print("ours");
    theirs.print("osip");
    return 1;
  }
  std::printf(
      "%llu mutants, seed %llu: %llu accepted by both, %llu by us alone, %llu by libosip2 "
      "alone, %llu by neither; 0 disagreements\n",
      static_cast<unsigned long long>(mutants), static_cast<unsigned long long>(seed), both,
      ours_alone, theirs_alone, neither);
  // A comparison that compares nothing would be green for ever.
  return both * 4 > mutants ? 0 : 1;
}

}  // namespace
}  // namespace fuzz

int main(int argc, char** argv) {
  uint64_t mutants = 200000;
  uint64_t seed = 1;
  for (int i = 1; i + 1 < argc; i += 2) {
    if (std::strcmp(argv[i], "--mutants") == 0) {
      mutants = std::strtoull(argv[i + 1], nullptr, 10);
    } else if (std::strcmp(argv[i], "--seed") == 0) {
      seed = std::strtoull(argv[i + 1], nullptr, 10);
    } else {
      std::fprintf(stderr, "usage: sip_differential [--mutants N] [--seed S]\n");
      return 2;
    }
  }
  return fuzz::run(mutants, seed);
}
