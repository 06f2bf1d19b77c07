#include "engine/trace/openmetrics.h"

#include <charconv>

#include "engine/base/check.h"
#include "engine/trace/counters.h"

namespace trace {

// ABNF of the exposition format: backslash, quote and newline are escaped in help texts.
static void append_help(base::Bytes help, base::Sink& out) {
  for (const char c : help) {
    if (c == '\n') {
      out.append("\\n");
      continue;
    }
    if (c == '\\' || c == '"') out.push_back('\\');
    out.push_back(c);
  }
}

template <class Number>
static void append_number(Number number, base::Sink& out) {
  char digits[24];
  const auto [end, error] = std::to_chars(digits, digits + sizeof digits, number);
  CHECK(error == std::errc{});
  out.append(digits, end);
}

static void append_head(base::Bytes name, base::Bytes type, base::Bytes help, base::Sink& out) {
  CHECK(!name.empty());
  CHECK(out.empty() || out.back() == '\n');  // the metric before it is whole
  out.append("# TYPE rollcall_").append(name).append(" ").append(type).append("\n# HELP rollcall_");
  out.append(name).append(" ");
  append_help(help, out);
  out.append("\nrollcall_").append(name);
}

void append_metric(const Reading& gauge, base::Sink& out) {
  append_head(gauge.name, "gauge", gauge.help, out);
  out.push_back(' ');
  append_number(gauge.value, out);
  out.push_back('\n');
}

void append_counters(base::Sink& out) {
  for (uint16_t i = 0; i < static_cast<uint16_t>(Counter::kCount); ++i) {
    const auto counter = static_cast<Counter>(i);
    append_head(name(counter), "counter", help(counter), out);
    out.append("_total ");
    append_number(total(counter), out);
    out.push_back('\n');
  }
  for (uint16_t i = 0; i < static_cast<uint16_t>(Gauge::kCount); ++i) {
    const auto gauge = static_cast<Gauge>(i);
    append_metric({name(gauge), help(gauge), total(gauge)}, out);
  }
}

void append_end(base::Sink& out) {
  CHECK(out.empty() || out.back() == '\n');
  out.append("# EOF\n");
}

}  // namespace trace
