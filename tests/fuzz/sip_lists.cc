// What we write about lists and watchers, with names and addresses that others have chosen: however
// long and whatever is in them, the document is well-formed and says them back.
#include <cstdlib>
#include <string>
#include <vector>

#include "protocols/sip/body/rlmi_writer.h"
#include "protocols/sip/body/watcherinfo_writer.h"
#include "protocols/sip/body/xml_body.h"
#include "protocols/xml/scan/characters.h"

namespace {

using base::Bytes;

constexpr uint32_t kDocumentMax = 1u << 20;

void require(bool condition) {
  if (!condition) std::abort();
}

// Texts as they are kept: UTF-8 that a stanza could hold. Repeated, they become long.
std::vector<std::string> texts_of(Bytes in) {
  std::vector<std::string> out(1, "sip:");  // a resource has an address
  while (!in.empty()) {
    char32_t character = 0;
    const uint32_t size = xml::decode_utf8(in, character);
    if (size == 0 || !xml::is_xml_character(character)) {
      if (in[0] == '\x01') {
        out.emplace_back("x");
      } else if (in[0] == '\x02' && out.back().size() < 8192) {
        out.back() += out.back();
      }
      in.remove_prefix(1);
      continue;
    }
    if (character != '\r' && character != '\n' && character != '\t')
      out.back() += in.substr(0, size);
    in.remove_prefix(size);
  }
  return out;
}

const std::string& pick(const std::vector<std::string>& texts, size_t number) {
  return texts[number % texts.size()];
}

void check_list(const std::vector<std::string>& texts) {
  std::string out;
  sip::RlmiWriter writer(pick(texts, 0), 7, true, out);
  for (size_t i = 0; i < texts.size(); ++i) {
    const std::string& id = pick(texts, i + 2);
    const auto state = static_cast<sip::InstanceState>(i % 3);
    writer.resource({.uri = pick(texts, i),
                     .name = pick(texts, i + 1),
                     .instance_id = id,
                     .state = state,
                     .reason = state == sip::InstanceState::terminated ? "rejected" : "",
                     .cid = id.empty() ? Bytes() : Bytes(pick(texts, i + 3))});
  }
  writer.end();
  sip::XmlBody body;
  require(body.parse(out, "list", kDocumentMax) == sip::BodyFault::none);
  require(body.root().attribute("uri") == pick(texts, 0));
  size_t count = 0;
  for (xml::Element one = sip::child(body.root(), "resource"); one; ++count) {
    require(one.attribute("uri") == pick(texts, count));
    one = sip::next(one, "resource");
  }
  require(count == texts.size());
}

void check_watchers(const std::vector<std::string>& texts) {
  std::string out;
  sip::WatcherinfoWriter writer(pick(texts, 0), "presence", 1, false, out);
  for (size_t i = 0; i < texts.size(); ++i) {
    writer.watcher({.uri = pick(texts, i),
                    .id = pick(texts, i + 1),
                    .display_name = pick(texts, i + 2),
                    .status = static_cast<sip::WatcherStatus>(i % 4),
                    .event = static_cast<sip::WatcherEvent>(i % 8),
                    .subscribed_seconds = static_cast<uint32_t>(i),
                    .expires_seconds = static_cast<uint32_t>(i % 2)});
  }
  writer.end();
  sip::XmlBody body;
  require(body.parse(out, "watcherinfo", kDocumentMax) == sip::BodyFault::none);
  const xml::Element list = sip::child(body.root(), "watcher-list");
  require(static_cast<bool>(list) && list.attribute("resource") == pick(texts, 0));
  size_t count = 0;
  for (xml::Element one = sip::child(list, "watcher"); one; ++count) {
    require(one.text() == pick(texts, count));
    one = sip::next(one, "watcher");
  }
  require(count == texts.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::vector<std::string> texts = texts_of({reinterpret_cast<const char*>(data), size});
  size_t bytes = 0;
  for (const std::string& text : texts) bytes += text.size();
  // Six bytes of escapes each, five times: within what the check can read.
  if (texts.size() > 64 || bytes > kDocumentMax / 64) return 0;
  check_list(texts);
  check_watchers(texts);
  return 0;
}
