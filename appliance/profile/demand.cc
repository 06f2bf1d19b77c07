#include "appliance/profile/demand.h"

namespace appliance {
namespace {

constexpr Cost kCosts[] = {
#define COST(symbol, value, unit, what) {#symbol, value, unit, what},
#include "appliance/profile/costs.def"
#undef COST
};

// The symbols of costs.def as numbers.
#define COST(symbol, value, unit, what) constexpr double k_##symbol = value;
#include "appliance/profile/costs.def"
#undef COST

constexpr double kNanoseconds = 1e9;
constexpr double kHour = 3600;
// What else an office's people do in an hour, as bench/load's office day has it.
constexpr double kPresenceChanges = 6;  // each client
constexpr double kLogins = 0.5;         // each client

double usable_memory(const Profile& profile) {
  return std::ldexp(static_cast<double>(profile.memory_gib), 30) * kShareUsed - k_process;
}

}  // namespace

std::span<const Cost> all_costs() { return kCosts; }

Demand demand_of(const PlanRequest& request) {
  const auto users = static_cast<double>(request.users);
  const auto contacts = static_cast<double>(request.contacts);
  const double each = request.clients_per_user;
  const double clients = std::ceil(users * each);
  const double clients_to_tell = contacts * each;
  // A message goes to every client of its recipient, and to the sender's others (XEP-0280).
  const double copies = std::max(0.0, 2 * each - 2);
  const double message = k_message + copies * k_delivery;
  const double login = k_login + clients_to_tell * k_login_contact;
  const double an_hour = users * request.messages_per_hour * message +
                         clients * kPresenceChanges * clients_to_tell * k_delivery +
                         clients * kLogins * login;
  return {.clients = static_cast<int64_t>(clients),
          .processors = an_hour / kHour / kNanoseconds,
          .client_bytes = clients * (k_session + contacts * k_contact),
          .login_seconds = clients * login / kNanoseconds};
}

double groups_needed(const Profile& profile, const PlanRequest& request, const Demand& demand) {
  const double rooms = static_cast<double>(request.rooms) / kGroupRoomsMax;
  const double clients = static_cast<double>(demand.clients) / profile.users;
  const double processors = demand.processors / (profile.vcpus * kShareUsed);
  const double memory = demand.client_bytes / usable_memory(profile);
  return std::ceil(std::max({1.0, rooms, clients, processors, memory}));
}

double node_memory(const Demand& demand, int64_t groups) {
  return demand.client_bytes / static_cast<double>(groups) + k_process;
}

}  // namespace appliance
