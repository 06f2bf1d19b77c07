#include "protocols/xmpp/xep/result_set.h"

#include <charconv>

#include "protocols/xml/writer.h"
#include "protocols/xmpp/feature.h"

namespace xmpp::xep {
namespace {

constexpr base::Bytes kDisco[] = {kResultSets};

bool read_number(const std::string& text, uint32_t& out) {
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, out);
  if (error == std::errc::result_out_of_range && rest == end) {
    out = UINT32_MAX;  // more than anybody gives
    return true;
  }
  return error == std::errc() && rest == end;
}

}  // namespace

bool read_result_set(const xml::Element& set, ResultSetRequest& out) {
  out = {};
  if (!set) return true;
  if (const xml::Element max = set.child("max", kResultSets)) {
    if (!read_number(max.text(), out.max.emplace())) return false;
  }
  if (const xml::Element after = set.child("after", kResultSets)) out.after = after.text();
  if (const xml::Element before = set.child("before", kResultSets)) out.before = before.text();
  out.by_index = static_cast<bool>(set.child("index", kResultSets));
  return true;
}

void write(const ResultSet& result, base::Sink& out) {
  out += "<set";
  xml::write_attribute("xmlns", kResultSets, out);
  out += '>';
  if (!result.first.empty()) {
    xml::write_text_element("first", result.first, out);
    xml::write_text_element("last", result.last, out);
  }
  if (result.count) xml::write_text_element("count", std::to_string(*result.count), out);
  out += "</set>";
}

constinit const Feature result_set_management{.xep = 59,
                                              .title = "Result Set Management",
                                              .version = "1.0",
                                              .note = "of the message archive; no pages by index",
                                              .disco = kDisco,
                                              .disco_account = kDisco};

}  // namespace xmpp::xep
