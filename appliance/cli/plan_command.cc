#include "appliance/cli/plan_command.h"

#include "appliance/json/json.h"

namespace appliance {
namespace {

const char* name(HighAvailability mode) {
  switch (mode) {
    case HighAvailability::balanced:
      return "balanced";
    case HighAvailability::standby:
      return "standby";
    case HighAvailability::none:
      break;
  }
  return "none";
}

void add_node(const Plan& plan, JsonWriter& out) {
  out.member("vcpus_per_node", int64_t{plan.profile->vcpus});
  out.member("memory_gib_per_node", int64_t{plan.profile->memory_gib});
  out.member("disk_gib_per_node", int64_t{plan.profile->disk_gib});
  out.member("clients_of_busiest_node", plan.clients_per_node);
  out.member("its_processors_busy_percent", plan.busy_percent);
  out.member("its_memory_used_bytes", plan.memory_bytes);
  out.member("all_its_clients_sign_in_again_within_seconds", plan.login_seconds);
}

void add_costs(JsonWriter& out) {
  out.member("costs_measured_by", kCostsMeasuredBy);
  out.key("costs").begin_array();
  for (const Cost& cost : all_costs()) {
    out.begin_object().member("cost", cost.name).member("value", cost.value);
    out.member("unit", cost.unit).member("of", cost.what).end_object();
  }
  out.end_array();
}

}  // namespace

Outcome plan_deployment(const PlanRequest& request) {
  const auto plan = make_plan(request);
  if (!plan) return {kExitFailed, "impossible", plan.error().what};
  Outcome outcome;
  JsonWriter out(outcome.text);
  out.begin_object().member("profile", plan->profile->name).member("nodes", plan->nodes);
  out.member("redundancy_groups", plan->groups);
  out.member("high_availability", name(request.high_availability));
  out.member("users", request.users).member("clients", plan->clients);
  out.member("room_for_clients", plan->capacity_clients);
  if (request.rooms > 0) {
    out.member("rooms", request.rooms).member("room_for_rooms", plan->rooms_capacity);
  }
  add_node(*plan, out);
  if (plan->nodes > 1) {
    out.member("note", "this version of Rollcall runs single nodes; clusters are to come");
  }
  out.key("rules").begin_array();
  for (const AppliedRule& rule : plan->rules) {
    out.begin_object().member("rule", rule.rule).member("says", rule.text).end_object();
  }
  out.end_array();
  add_costs(out);
  out.end_object();
  return outcome;
}

}  // namespace appliance
