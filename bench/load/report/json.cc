#include <sys/utsname.h>
#include <unistd.h>

#include <cmath>
#include <cstdio>
#include <ctime>

#include "bench/load/process/watch.h"
#include "bench/load/report/report.h"

namespace load {

namespace {

// Enough of JSON to write it: objects and arrays, keys in order.
class Json {
 public:
  std::string take() { return std::move(text_); }
  Json& key(const char* name) {
    comma();
    quote(name);
    text_ += ": ";
    fresh_ = true;
    return *this;
  }
  void open(char bracket) {
    comma();
    text_ += bracket;
    fresh_ = true;
  }
  void close(char bracket) {
    text_ += bracket;
    fresh_ = false;
  }
  void value(const std::string& text) {
    comma();
    quote(text);
  }
  void value(const char* text) { value(std::string(text)); }
  void value(bool truth) { word(truth ? "true" : "false"); }
  void null() { word("null"); }
  void value(double number) {
    if (!std::isfinite(number)) return null();
    char digits[40];
    std::snprintf(digits, sizeof digits, "%.9g", number);
    word(digits);
  }
  void value(uint64_t number) { word(std::to_string(number)); }
  void value(uint32_t number) { word(std::to_string(number)); }
  void value(int64_t number) { word(std::to_string(number)); }
  template <class Value>
  void maybe(const std::optional<Value>& number) {
    if (number)
      value(*number);
    else
      null();
  }

 private:
  void comma() {
    if (!fresh_) text_ += ", ";
    fresh_ = false;
  }
  void word(const std::string& text) {
    comma();
    text_ += text;
  }
  void quote(const std::string& text) {
    text_ += '"';
    for (const char c : text) {
      const auto octet = static_cast<unsigned char>(c);
      if (c == '"' || c == '\\')
        text_.append(1, '\\').append(1, c);
      else if (c == '<')
        text_ += "\\u003c";  // it may stand in a page's script
      else
        text_.push_back(octet < 0x20 || octet >= 0x7F ? '?' : c);
    }
    text_ += '"';
  }

  std::string text_;
  bool fresh_ = true;
};

void write_latency(Json& json, const char* name, const Tally& tally, bool believed) {
  json.key(name);
  if (!believed || tally.latency.count() == 0) return json.null();
  const Histogram& latency = tally.latency;
  json.open('{');
  json.key("count").value(latency.count());
  json.key("mean").value(latency.mean_us());
  json.key("p50").value(latency.percentile_us(0.5));
  json.key("p99").value(latency.percentile_us(0.99));
  json.key("p99_9").value(latency.percentile_us(0.999));
  json.key("max").value(latency.max_us());
  json.close('}');
}

void write_machine(Json& json) {
  std::string cpu = "unknown";
  if (std::FILE* file = std::fopen("/proc/cpuinfo", "re")) {
    char line[256];
    while (std::fgets(line, sizeof line, file) != nullptr) {
      const std::string text = line;
      if (!text.starts_with("model name")) continue;
      cpu = text.substr(text.find(':') + 2, text.size() - text.find(':') - 3);
      break;
    }
    std::fclose(file);
  }
  utsname system{};
  uname(&system);
  json.key("machine").open('{');
  json.key("cpu").value(cpu);
  json.key("cores").value(static_cast<int64_t>(sysconf(_SC_NPROCESSORS_ONLN)));
  json.key("kernel").value(system.release);
  json.close('}');
}

void write_options(Json& json, const Options& options) {
  json.key("options").open('{');
  json.key("users").value(options.users);
  json.key("contacts").value(options.contacts);
  json.key("tls").value(name_of(options.tls));
  json.key("sasl").value(name_of(options.sasl));
  json.key("workers").value(options.workers);
  json.key("raw").value(options.raw);
  json.key("stream_management").value(options.stream_management);
  json.key("tickets").value(options.tickets);
  json.close('}');
}

void write_server(Json& json, const PhaseResult& result, bool believed) {
  json.key("server");
  if (!result.server) return json.null();
  const ServerUse& server = *result.server;
  std::optional<double> cost;
  if (believed) cost = result.server_us_per_unit();
  json.open('{');
  json.key("cpu_seconds").value(server.cpu_seconds);
  json.key("softirq_seconds").value(server.softirq_seconds);
  json.key("busy").value(server.busy);
  json.key("cpu_us_per_unit").maybe(cost);
  json.key("cpu_seconds_per_million").maybe(cost);
  json.key("rss_bytes").value(server.resident);
  json.key("rss_per_session_bytes").maybe(result.resident_per_session());
  json.close('}');
}

void write_extra(Json& json, const PhaseResult& result, bool believed) {
  const Report& report = result.report;
  json.key("extra").open('{');
  if (result.kind() == PhaseKind::memory) {
    json.key("rss_before_bytes").value(result.resident_before);
    json.key("sessions").value(report.units.count);
  }
  if (result.kind() == PhaseKind::presence) {
    json.key("changes").value(report.extra(Extra::last).count);
    write_latency(json, "last_us", report.extra(Extra::last), believed);
  }
  if (result.kind() == PhaseKind::messages && report.extra(Extra::acknowledgements).count > 0) {
    write_latency(json, "acknowledgements_us", report.extra(Extra::acknowledgements), believed);
  }
  if (result.kind() == PhaseKind::office) {
    static constexpr const char* kNames[] = {"messages", "presences", "logins"};
    static constexpr Extra kWhich[] = {Extra::messages, Extra::presences, Extra::logins};
    for (size_t i = 0; i < 3; ++i) {
      json.key(kNames[i]).value(report.extra(kWhich[i]).count);
      write_latency(json, (std::string(kNames[i]) + "_us").c_str(), report.extra(kWhich[i]),
                    believed);
    }
  }
  if (result.kind() == PhaseKind::sip_hold) {
    write_latency(json, "refreshes_us", report.extra(Extra::refreshes), believed);
    write_latency(json, "off_the_time_granted_us", report.extra(Extra::expiries), believed);
  }
  if (result.kind() == PhaseKind::reconnect) {
    json.key("seconds_until_all_back").value(result.seconds);
    json.key("refused_for_good").value(report.errors.refused);
    json.key("tries_refused").value(report.retries);
  }
  json.close('}');
}

void write_errors(Json& json, const PhaseResult& result) {
  const Errors& errors = result.report.errors;
  json.key("errors").open('{');
  json.key("missing").value(errors.missing);
  json.key("duplicate").value(errors.duplicate);
  json.key("misdelivered").value(errors.misdelivered);
  json.key("refused").value(errors.refused);
  json.key("disconnected").value(errors.disconnected);
  json.close('}');
  json.key("trouble").value(result.report.trouble);
}

void write_series(Json& json, const PhaseResult& result) {
  json.key("series").open('[');
  for (const Sample& sample : result.series) {
    json.open('{');
    json.key("second").value(sample.second);
    json.key("units").value(sample.units);
    json.key("server_busy").value(sample.server_busy);
    json.key("rss_bytes").value(sample.resident);
    json.close('}');
  }
  json.close(']');
}

void write_phase(Json& json, const PhaseResult& result) {
  const bool believed = !result.generator_was_busy();
  json.open('{');
  json.key("phase").value(name_of(result.kind()));
  json.key("parameters").open('{');
  for (const auto& [name, value] : result.phase.numbers) json.key(name.c_str()).value(value);
  if (result.phase.to_full_jid) json.key("to").value("full");
  if (result.phase.is_sip()) json.key("over").value(result.phase.over_tcp ? "tcp" : "udp");
  json.close('}');
  json.key("unit").value(unit_of(result.kind()));
  json.key("valid").value(result.valid());
  json.key("refused");
  if (believed)
    json.null();
  else
    json.value("generator busy");
  json.key("units").maybe(believed ? std::optional(result.report.units.count) : std::nullopt);
  json.key("seconds").value(result.seconds);
  json.key("per_second").maybe(believed ? std::optional(result.per_second()) : std::nullopt);
  write_server(json, result, believed);
  json.key("generator").open('{');
  json.key("busy").value(result.generator_busy);
  json.key("cpu_seconds").value(result.generator_cpu_seconds);
  json.close('}');
  write_latency(json, "latency_us", result.report.units, believed);
  write_errors(json, result);
  write_extra(json, result, believed);
  write_series(json, result);
  json.close('}');
}

}  // namespace

std::string json_of(const RunResult& run) {
  char stamp[32] = {};
  const std::time_t now = std::time(nullptr);
  std::strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%SZ", std::gmtime(&now));
  Json json;
  json.open('{');
  json.key("format").value("rollcall-load-1");
  json.key("label").value(run.options->label);
  json.key("time").value(stamp);
  write_machine(json);
  write_options(json, *run.options);
  json.key("valid").value(run.valid());
  json.key("trouble").value(run.trouble);
  json.key("phases").open('[');
  for (const PhaseResult& result : run.phases) write_phase(json, result);
  json.close(']');
  json.close('}');
  return json.take() + "\n";
}

}  // namespace load
