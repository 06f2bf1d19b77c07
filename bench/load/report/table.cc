#include <cstdarg>
#include <cstdio>

#include "bench/load/report/report.h"

namespace load {

[[gnu::format(printf, 2, 3)]] static void print(std::string& out, const char* format, ...) {
  char line[512];
  va_list arguments;
  va_start(arguments, format);
  const int length = std::vsnprintf(line, sizeof line, format, arguments);
  va_end(arguments);
  if (length > 0) out.append(line, std::min(static_cast<size_t>(length), sizeof line - 1));
}

static std::string plural(std::string unit) {
  if (unit.ends_with('y')) return unit.replace(unit.size() - 1, 1, "ies");
  return unit + (unit.ends_with("ch") ? "es" : "s");
}

static std::string words_of(const Phase& phase) {
  std::string text = name_of(phase.kind);
  if (phase.is_sip()) text += phase.over_tcp ? " over TCP" : " over UDP";
  for (const auto& [name, value] : phase.numbers) {
    if (name == "warmup" || name == "seconds" || name == "at_once" || value == 0) continue;
    print(text, " %s=%g", name.c_str(), value);
  }
  return text;
}

static void print_latency(std::string& out, const char* name, const Tally& tally) {
  if (tally.latency.count() == 0) return;
  const Histogram& latency = tally.latency;
  print(out, "    %-16s %10llu  p50 %9.1f  p99 %9.1f  p99.9 %9.1f  max %9.1f us\n", name,
        static_cast<unsigned long long>(tally.count), latency.percentile_us(0.5),
        latency.percentile_us(0.99), latency.percentile_us(0.999), latency.max_us());
}

static void print_phase(std::string& out, const PhaseResult& result) {
  const Report& report = result.report;
  print(out, "%s\n", words_of(result.phase).c_str());
  if (result.generator_was_busy()) {
    print(out, "    refused: generator busy (%.0f %%); its figures would be its own\n",
          100 * result.generator_busy);
  } else {
    print(out, "    %llu %s in %.2f s, %.0f a second; generator busy %.0f %%\n",
          static_cast<unsigned long long>(report.units.count),
          plural(unit_of(result.kind())).c_str(), result.seconds, result.per_second(),
          100 * result.generator_busy);
    if (result.server) {
      print(out, "    server: %.2f CPU-s (softirq %.2f), busy %.0f %%, RSS %.1f MB",
            result.server->cpu_seconds, result.server->softirq_seconds, 100 * result.server->busy,
            static_cast<double>(result.server->resident) / 1e6);
      if (auto cost = result.server_us_per_unit())
        print(out, ", %.3f CPU-us a %s", *cost, unit_of(result.kind()));
      if (auto bytes = result.resident_per_session()) {
        print(out, ", %.0f bytes a %s", *bytes, unit_of(result.kind()));
      }
      out += "\n";
    }
    static constexpr const char* kNames[] = {
        "last to hear",     "messages",  "presences",           "logins",
        "acknowledgements", "refreshes", "off the time granted"};
    print_latency(out, unit_of(result.kind()), report.units);
    for (size_t i = 0; i < kExtras; ++i) print_latency(out, kNames[i], report.extras[i]);
  }
  if (report.retries > 0) {
    print(out, "    %llu tries were refused and made again\n",
          static_cast<unsigned long long>(report.retries));
  }
  if (!result.failed()) return;
  const Errors& errors = report.errors;
  print(out,
        "    FAILED: %llu missing, %llu twice, %llu misdelivered, %llu refused, %llu "
        "disconnected: ",
        static_cast<unsigned long long>(errors.missing),
        static_cast<unsigned long long>(errors.duplicate),
        static_cast<unsigned long long>(errors.misdelivered),
        static_cast<unsigned long long>(errors.refused),
        static_cast<unsigned long long>(errors.disconnected));
  out.append(report.trouble).append("\n");
}

std::string table_of(const RunResult& run) {
  const Options& options = *run.options;
  std::string out;
  print(out, "%s%s%u users, %u contacts, %s, TLS %s%s%s, %u workers\n", options.label.c_str(),
        options.label.empty() ? "" : ": ", options.users, options.contacts,
        options.raw ? "raw" : name_of(options.sasl), name_of(options.tls),
        options.tickets ? " with tickets" : "",
        options.stream_management ? ", stream management" : "", options.workers);
  for (const PhaseResult& result : run.phases) print_phase(out, result);
  if (!run.trouble.empty()) out += "FAILED: " + run.trouble + "\n";
  return out;
}

}  // namespace load
