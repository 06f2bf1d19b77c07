// The stanza scanner: a full token tape, against expat (namespaces, no handlers) and pugixml (in
// place, which needs a fresh copy each time: the copy is measured alone as well).
#include <benchmark/benchmark.h>
#include <expat.h>

#include <cstring>
#include <pugixml.hpp>
#include <string>

#include "protocols/jid/jid.h"
#include "protocols/xml/document.h"
#include "protocols/xml/scan/framer.h"
#include "protocols/xml/scan/structure.h"
#include "protocols/xml/stream_reader.h"

namespace {

const std::string kHeader =
    "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' "
    "to='localhost' version='1.0'>";

std::string make_message() {
  return "<message from='romeo@montague.example/orchard-7a3f' to='juliet@capulet.example' "
         "type='chat' id='9c4e1b2a-77d0'><body>Neither, fair saint, if either thee dislike. "
         "Shall we meet at nine</body><active xmlns='http://jabber.org/protocol/chatstates'/>"
         "<request xmlns='urn:xmpp:receipts'/></message>";
}

std::string make_presence() {
  return "<presence from='juliet@capulet.example/balcony' id='p-5512'><show>away</show>"
         "<status>In the garden until the nightingale sings; back for supper, or not at all"
         "</status><priority>5</priority><c xmlns='http://jabber.org/protocol/caps' hash='sha-1' "
         "node='https://client.example/desktop' ver='QgayPKawpkPSDYmwT/WM94uAlu0='/>"
         "<x xmlns='vcard-temp:x:update'><photo>a18f6e02c3a9b9ea9d2e5ed3b5a1d0f4c7e6b8a9</photo>"
         "</x><idle xmlns='urn:xmpp:idle:1' since='2026-01-17T20:51:07Z'/><nick "
         "xmlns='http://jabber.org/protocol/nick'>Juliet Capulet of Verona</nick></presence>";
}

std::string make_roster() {
  std::string out =
      "<iq type='result' id='roster-1' to='juliet@capulet.example/balcony'>"
      "<query xmlns='jabber:iq:roster' ver='1733'>";
  for (int i = 0; out.size() < 1990; ++i) {
    const std::string number = std::to_string(i);
    out += "<item jid='friend" + number + "@montague.example' name='Friend " + number +
           "' subscription='both'><group>Verona</group></item>";
  }
  return out + "</query></iq>";
}

std::string stanza(int64_t which) {
  return which == 0 ? make_message() : which == 1 ? make_presence() : make_roster();
}

void finish(benchmark::State& state, size_t bytes) {
  constexpr const char* kNames[] = {"message", "presence", "roster"};
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * bytes));
  state.SetLabel(std::string(kNames[state.range(0)]) + " of " + std::to_string(bytes) + " bytes");
}

// As a stream reads: the boundary found and the whole tape written in one go.
void Scanner(benchmark::State& state) {
  const std::string text = stanza(state.range(0));
  const xml::Limits limits;
  xml::Document document;
  xml::StreamReader reader;
  base::Bytes header = kHeader;
  (void)reader.next(header, document, limits);
  for (auto _ : state) {
    base::Bytes in = text;
    if (reader.next(in, document, limits) != xml::StreamEvent::stanza) state.SkipWithError("?");
    benchmark::DoNotOptimize(reader.element());
  }
  finish(state, text.size());
}
BENCHMARK(Scanner)->DenseRange(0, 2);

void IndexOnly(benchmark::State& state) {
  const std::string text = stanza(state.range(0));
  for (auto _ : state) {
    SCAN_SCRATCH xml::Structure structure(text);
    xml::Structure::Cursor cursor;
    uint32_t last = 0;
    while (last < text.size()) last = structure.next(cursor);
    benchmark::DoNotOptimize(last);
  }
  finish(state, text.size());
}
BENCHMARK(IndexOnly)->DenseRange(0, 2);

void FramerOnly(benchmark::State& state) {
  const std::string text = stanza(state.range(0));
  for (auto _ : state) {
    xml::Framer framer;
    uint32_t size = 0;
    xml::Verdict verdict = xml::Verdict::ok;
    benchmark::DoNotOptimize(framer.scan(text, 64, size, verdict));
  }
  finish(state, text.size());
}
BENCHMARK(FramerOnly)->DenseRange(0, 2);

void Expat(benchmark::State& state) {
  const std::string text = stanza(state.range(0));
  XML_Parser parser = XML_ParserCreateNS(nullptr, '\x01');
  XML_Parse(parser, kHeader.data(), static_cast<int>(kHeader.size()), 0);
  for (auto _ : state) {
    if (XML_Parse(parser, text.data(), static_cast<int>(text.size()), 0) != XML_STATUS_OK) {
      state.SkipWithError("?");
    }
  }
  XML_ParserFree(parser);
  finish(state, text.size());
}
BENCHMARK(Expat)->DenseRange(0, 2);

void Pugixml(benchmark::State& state) {
  const std::string text = stanza(state.range(0));
  std::string copy = text;
  pugi::xml_document document;
  for (auto _ : state) {
    std::memcpy(copy.data(), text.data(), text.size());
    if (!document.load_buffer_inplace(copy.data(), copy.size(), pugi::parse_default)) {
      state.SkipWithError("?");
    }
    benchmark::DoNotOptimize(document.first_child());
  }
  finish(state, text.size());
}
BENCHMARK(Pugixml)->DenseRange(0, 2);

void JidInNormalForm(benchmark::State& state) {
  const std::string text = "romeo@montague.example/orchard-7a3f";
  std::string scratch;
  jid::JidView view;
  for (auto _ : state) {
    if (!jid::parse(text, scratch, view)) state.SkipWithError("?");
    benchmark::DoNotOptimize(view);
  }
}
BENCHMARK(JidInNormalForm);

}  // namespace

BENCHMARK_MAIN();
