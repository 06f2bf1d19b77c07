// The SIP parser: the index alone, the index with all that the transaction layer and the way to a
// user's shard need, and the answer; on a phone's PUBLISH and a client's SUBSCRIBE. Beside them
// libosip2, which builds a tree of copies.
#include <benchmark/benchmark.h>
#include <osipparser2/osip_parser.h>

#include <string>

#include "protocols/sip/header/essentials.h"
#include "protocols/sip/header/event.h"
#include "protocols/sip/header/writer.h"

namespace {

std::string make_publish() {
  const std::string body =
      "<?xml version=\"1.0\"?><presence xmlns=\"urn:ietf:params:xml:ns:pidf\" "
      "entity=\"sip:alice@example.com\"><tuple id=\"t4711\"><status><basic>open</basic></status>"
      "<contact priority=\"0.8\">sip:alice@192.0.2.17:5060</contact></tuple></presence>";
  return "PUBLISH sip:alice@example.com SIP/2.0\r\n"
         "Via: SIP/2.0/TCP 192.0.2.17:5060;branch=z9hG4bK3e1b5d7f90\r\n"
         "From: <sip:alice@example.com>;tag=5d2a91c7e4\r\nTo: <sip:alice@example.com>\r\n"
         "Call-ID: 7c41f0e2-8ab3d95c-1f@192.0.2.17\r\nCSeq: 101 PUBLISH\r\nMax-Forwards: 70\r\n"
         "Event: presence\r\nExpires: 3600\r\nContent-Type: application/pidf+xml\r\n"
         "Content-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::string make_subscribe() {
  return "SUBSCRIBE sip:bob@example.com SIP/2.0\r\n"
         "Via: SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bKproxy81f3a;rport\r\n"
         "Via: SIP/2.0/UDP 192.0.2.17:5066;branch=z9hG4bK9d1c5;received=192.0.2.17;rport=5066\r\n"
         "Record-Route: <sip:192.0.2.10;lr>\r\nMax-Forwards: 69\r\n"
         "From: \"Alice Liddell\" <sip:alice@example.com>;tag=a73kszlfl\r\n"
         "To: \"Bob\" <sip:bob@example.com>\r\nCall-ID: 1j9FpLxk3uxtm8tn@192.0.2.17\r\n"
         "CSeq: 4 SUBSCRIBE\r\nContact: <sip:alice@192.0.2.17:5066;transport=udp>\r\n"
         "Event: presence\r\nExpires: 3600\r\nAccept: application/pidf+xml\r\n"
         "Accept: application/rlmi+xml, multipart/related\r\nSupported: eventlist\r\n"
         "Allow: INVITE, ACK, BYE, CANCEL, OPTIONS, NOTIFY, MESSAGE, SUBSCRIBE\r\n"
         "User-Agent: ExamplePhone/4.2 (desk)\r\nContent-Length: 0\r\n\r\n";
}

std::string text_of(const benchmark::State& state) {
  return state.range(0) == 0 ? make_publish() : make_subscribe();
}

void finish(benchmark::State& state, size_t bytes) {
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * bytes));
  state.SetLabel((state.range(0) == 0 ? "PUBLISH of " : "SUBSCRIBE of ") + std::to_string(bytes) +
                 " bytes");
}

void Index(benchmark::State& state) {
  const std::string text = text_of(state);
  sip::Message message;
  for (auto _ : state) {
    if (!message.index_datagram(text)) state.SkipWithError("?");
    benchmark::DoNotOptimize(message.fields().data());
  }
  finish(state, text.size());
}
BENCHMARK(Index)->DenseRange(0, 1);

void IndexAndEssentials(benchmark::State& state) {
  const std::string text = text_of(state);
  sip::Message message;
  sip::Essentials essentials;
  sip::Event event;
  sip::Fault fault = sip::Fault::none;
  for (auto _ : state) {
    if (!message.index_datagram(text) || !sip::read_essentials(message, essentials, fault) ||
        sip::read_event(message, event) != sip::Read::ok) {
      state.SkipWithError("?");
    }
    benchmark::DoNotOptimize(essentials);
  }
  finish(state, text.size());
}
BENCHMARK(IndexAndEssentials)->DenseRange(0, 1);

void Answer(benchmark::State& state) {
  const std::string text = text_of(state);
  sip::Message message;
  if (!message.index_datagram(text)) state.SkipWithError("?");
  sip::Response how;
  how.to_tag = "4fd1c0a2b7";
  how.source = base::parse_address("192.0.2.17", 5066);
  std::string out;
  for (auto _ : state) {
    out.clear();
    sip::Writer writer(out);
    writer.begin_response(message, how);
    writer.number(sip::HeaderId::expires, 3600);
    writer.end();
    benchmark::DoNotOptimize(out.data());
  }
  finish(state, text.size());
}
BENCHMARK(Answer)->DenseRange(0, 1);

void Osip(benchmark::State& state) {
  const std::string text = text_of(state);
  parser_init();
  for (auto _ : state) {
    osip_message_t* message = nullptr;
    if (osip_message_init(&message) != 0 ||
        osip_message_parse(message, text.data(), text.size()) != 0) {
      state.SkipWithError("?");
    }
    osip_message_free(message);
  }
  finish(state, text.size());
}
BENCHMARK(Osip)->DenseRange(0, 1);

}  // namespace

BENCHMARK_MAIN();
