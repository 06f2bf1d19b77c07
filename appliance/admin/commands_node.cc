// Commands about the node: status, profiles, trace, watch, reload, check, stop.
#include "appliance/admin/commands.h"
#include "appliance/config/config.h"

namespace appliance::commands {

std::optional<Failure> status(CommandCall& call) {
  const NodeStatus status = call.control.status();
  JsonWriter& out = call.out;
  out.member("version", status.version)
      .member("state", status.state)
      .member("uptime_seconds", status.uptime_seconds)
      .member("profile", status.profile)
      .member("shards", status.shards)
      .member("io", status.io)
      .member("connections", status.connections)
      .member("sessions", status.sessions)
      .member("sessions_max", status.sessions_max)
      .member("memory_bytes", status.memory_bytes)
      .member("certificate_days_left", status.certificate_days_left);
  out.key("domains").begin_array();
  for (const std::string& domain : status.domains) out.text(domain);
  out.end_array().key("listening").begin_array();
  for (const ListeningOn& on : status.listening) {
    out.begin_object()
        .member("service", on.service)
        .member("address", on.address)
        .member("port", on.port)
        .member("tls", on.tls)
        .end_object();
  }
  out.end_array().key("warnings").begin_array();
  for (const std::string& warning : status.warnings) out.text(warning);
  out.end_array();
  return std::nullopt;
}

std::optional<Failure> profiles(CommandCall& call) {
  const Machine machine = call.control.machine();
  call.out.member("running", call.control.profile().name)
      .member("machine_cpus", machine.cpus)
      .member("machine_memory_mib", static_cast<int64_t>(machine.memory_bytes >> 20))
      .key("profiles")
      .begin_array();
  for (const Profile& profile : all_profiles()) {
    call.out.begin_object()
        .member("name", profile.name)
        .member("users", profile.users)
        .member("sessions", profile.sessions)
        .member("vcpus", profile.vcpus)
        .member("memory_gib", profile.memory_gib)
        .member("disk_gib", profile.disk_gib)
        .flag("machine_fits", fits(profile, machine))
        .flag("running", &profile == &call.control.profile())
        .end_object();
  }
  call.out.end_array();
  return std::nullopt;
}

std::optional<Failure> set_trace(CommandCall& call) {
  const std::string& component = call.request.argument("component");
  trace::Level level;
  if (!trace::parse_level(call.request.argument("level"), level)) {
    return Failure{"usage", "no such level; levels are fatal error warn info debug trace"};
  }
  trace::Component one;
  if (component == "all") {
    trace::set_level(level);
  } else if (trace::parse_component(component, one)) {
    trace::set_level(one, level);
  } else {
    return Failure{"usage", "no component \"" + component + "\"; `rollcall show trace` lists them"};
  }
  call.out.member("component", component).member("level", trace::name(level));
  return std::nullopt;
}

std::optional<Failure> show_trace(CommandCall& call) {
  call.out.key("components").begin_array();
  for (size_t i = 0; i < static_cast<size_t>(trace::Component::kCount); ++i) {
    const auto component = static_cast<trace::Component>(i);
    call.out.begin_object()
        .member("component", trace::name(component))
        .member("level", trace::name(trace::level(component)))
        .member("about", trace::help(component))
        .end_object();
  }
  call.out.end_array();
  return std::nullopt;
}

std::optional<Failure> watch(CommandCall& call) {
  std::string bare;
  if (auto failure = account_address(call.request.argument("jid"), call.control, bare)) {
    return failure;
  }
  call.watch = trace::Watch::open(bare);
  if (call.watch == nullptr) return Failure{"failed", "too many are watching already"};
  call.out.member("watching", bare);
  return std::nullopt;
}

std::optional<Failure> reload(CommandCall& call) {
  const ReloadReport report = call.control.reload();
  if (!report.problems.empty()) {
    std::string what = "nothing was changed:";
    for (const std::string& problem : report.problems) what += "\n" + problem;
    return Failure{"failed", what};
  }
  call.out.flag("reloaded", true).key("needs_restart").begin_array();
  for (const std::string& key : report.pinned) call.out.text(key);
  call.out.end_array();
  return std::nullopt;
}

std::optional<Failure> check(CommandCall& call) {
  const std::string file = call.control.config_file();
  std::string what;
  if (!file.empty()) what = describe(load_config_file(file).problems, file);
  if (!what.empty()) return Failure{"failed", what};
  call.out.member("file", file.empty() ? "none: every key has its default" : file)
      .flag("correct", true);
  return std::nullopt;
}

std::optional<Failure> hold_journal(CommandCall& call) {
  auto hold = call.control.hold_journal();
  if (!hold) return Failure{"failed", hold.error().what};
  call.held = std::move(hold->hold);
  call.out.member("version", ROLLCALL_VERSION)
      .member("data", hold->data)
      .member("config", hold->config_file)
      .member("epoch", static_cast<int64_t>(hold->epoch))
      .member("lost", static_cast<int64_t>(hold->lost))
      .key("committed")
      .begin_array();
  for (const uint64_t position : hold->committed) {
    call.out.number(static_cast<int64_t>(position));
  }
  call.out.end_array();
  return std::nullopt;
}

std::optional<Failure> stop(CommandCall& call) {
  call.control.stop();
  call.out.flag("stopping", true);
  return std::nullopt;
}

}  // namespace appliance::commands
