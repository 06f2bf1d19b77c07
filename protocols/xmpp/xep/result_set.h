// XEP-0059: Result Set Management, the part that every paged answer shares: what page was asked
// for, and what is told about the one that is given. Pages by index are not offered: to find one is
// to count everything before it.
// Values and pure functions; any shard.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "protocols/xml/element.h"

namespace xmpp::xep {

inline constexpr base::Bytes kResultSets = "http://jabber.org/protocol/rsm";

struct ResultSetRequest {
  std::optional<uint32_t> max;  // 0: only the count (§2.7)
  std::optional<std::string> after;
  std::optional<std::string> before;  // "": the last page (§2.5)
  bool by_index = false;              // §2.6
};

// `set` is the <set/> element, or nothing. False: `max` is not a number.
[[nodiscard]] bool read_result_set(const xml::Element& set, ResultSetRequest& out);

struct ResultSet {
  std::string first;  // "": the page is empty
  std::string last;
  std::optional<uint64_t> count;
};

void write(const ResultSet& result, base::Sink& out);  // <set>…</set>

}  // namespace xmpp::xep
