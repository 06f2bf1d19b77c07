#include "appliance/cli/render.h"

#include <simdjson.h>

#include <algorithm>
#include <ctime>
#include <vector>

namespace appliance {
namespace {

using simdjson::dom::array;
using simdjson::dom::element;
using simdjson::dom::element_type;
using simdjson::dom::object;

std::string with_unit(std::string_view key, int64_t number) {
  char text[64];
  if (key.ends_with("_bytes")) {
    std::snprintf(text, sizeof text, "%.1f MiB", static_cast<double>(number) / (1 << 20));
    return text;
  }
  if (key.ends_with("_seconds")) {
    std::snprintf(text, sizeof text, "%lld h %lld min %lld s",
                  static_cast<long long>(number / 3600), static_cast<long long>(number / 60 % 60),
                  static_cast<long long>(number % 60));
    return text;
  }
  if (key == "since") {
    const std::time_t seconds = number;
    std::tm utc{};
    gmtime_r(&seconds, &utc);
    std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
    return text;
  }
  return std::to_string(number);
}

std::string printable(std::string_view text) {
  std::string out(text);
  std::replace_if(
      out.begin(), out.end(), [](char c) { return static_cast<uint8_t>(c) < 0x20 || c == 0x7F; },
      '?');
  return out;
}

std::string scalar(std::string_view key, element value) {
  switch (value.type()) {
    case element_type::BOOL:
      return bool(value) ? "yes" : "no";
    case element_type::INT64:
      return with_unit(key, int64_t(value));
    case element_type::STRING:
      return printable(std::string_view(value));
    default:
      return "";
  }
}

// Units are in the values, so names lose them.
std::string label(std::string_view key) {
  for (const std::string_view unit : {"_bytes", "_seconds"}) {
    if (key.ends_with(unit)) key.remove_suffix(unit.size());
  }
  std::string text(key);
  std::replace(text.begin(), text.end(), '_', ' ');
  return text;
}

// Columns by code points: names are in any script.
size_t width(const std::string& text) {
  return static_cast<size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<uint8_t>(c) & 0xC0) != 0x80; }));
}

void pad(const std::string& text, size_t columns, std::string& out) {
  out += text;
  out.append(columns > width(text) ? columns - width(text) : 0, ' ');
}

void table(array rows, std::string& out) {
  std::vector<std::vector<std::string>> cells(1);
  for (element row : rows) {
    std::vector<std::string> line;
    for (const auto member : object(row)) {
      if (cells.size() == 1) cells[0].push_back(label(member.key));
      line.push_back(scalar(member.key, member.value));
    }
    cells.push_back(std::move(line));
  }
  std::vector<size_t> widths(cells[0].size());
  for (const auto& line : cells) {
    for (size_t i = 0; i < line.size() && i < widths.size(); ++i) {
      widths[i] = std::max(widths[i], width(line[i]));
    }
  }
  for (const auto& line : cells) {
    out += "  ";
    for (size_t i = 0; i < line.size() && i < widths.size(); ++i) pad(line[i], widths[i] + 2, out);
    out.erase(out.find_last_not_of(' ') + 1);
    out += '\n';
  }
}

void list(std::string_view key, array items, size_t only_member, std::string& out) {
  // A list that is the whole answer needs no heading, so that it can be piped.
  if (only_member != 1) out += label(key) + (items.size() == 0 ? ": none\n" : ":\n");
  if (items.size() == 0) return;
  if (items.at(0).type() == element_type::OBJECT) return table(items, out);
  for (element item : items) {
    out += (only_member == 1 ? "" : "  ") + scalar(key, item) + "\n";
  }
}

}  // namespace

std::string render(base::Bytes json) {
  simdjson::dom::parser parser;
  object members;
  if (parser.parse(json.data(), json.size()).get(members) != simdjson::SUCCESS) {
    return std::string(json) + "\n";
  }
  size_t columns = 0;
  for (const auto member : members) {
    if (member.value.type() != element_type::ARRAY) {
      columns = std::max(columns, label(member.key).size());
    }
  }
  std::string out;
  for (const auto member : members) {
    if (member.value.type() == element_type::ARRAY) {
      list(member.key, array(member.value), members.size(), out);
      continue;
    }
    pad(label(member.key), columns + 2, out);
    out += scalar(member.key, member.value) + "\n";
  }
  return out;
}

}  // namespace appliance
