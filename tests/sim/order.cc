#include "tests/sim/order.h"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <set>
#include <utility>

namespace sim {
namespace {

// "m12" -> 12; -1: not of that form, or said blindly (Client::blind).
int64_t number_of(const std::string& text, char letter, const std::set<std::string>& blind) {
  if (blind.contains(text)) return -1;
  if (text.size() < 2 || text[0] != letter) return -1;
  char* end = nullptr;
  const long long number = std::strtoll(text.c_str() + 1, &end, 10);
  return *end == '\0' ? number : -1;
}

std::set<std::string> all_blind(const Clients& clients) {
  std::set<std::string> blind;
  for (const Client* client : clients) blind.insert(client->blind.begin(), client->blind.end());
  return blind;
}

// When the message was accepted, in microseconds of the wall clock: its id begins with that, and
// ten bits for the start and the shard.
uint64_t stamp_of(const Received& message) {
  return std::strtoull(message.stanza_id.substr(0, 16).c_str(), nullptr, 16) >> 10;
}

std::string account_of(const std::string& jid) { return jid.substr(0, jid.find('/')); }

std::string show(const Client& client, const Received& message) {
  return message.body + " from " + message.from + " to " + message.to + " at " + client.bare() +
         "/" + client.options().resource;
}

// May have been in a session that ended before it was given to this client. The node knows of the
// end before the session's client does.
bool handed_back(const Clients& clients, const Client& owner, const Received& message) {
  const auto reached = static_cast<int64_t>(stamp_of(message));
  for (const Client* client : clients) {
    if (client->bare() != owner.bare()) continue;
    for (const EndedSession& session : client->ended_sessions) {
      const bool before = session.gone == base::Instant::never() ||
                          reached <= Clock::wall_of(session.gone + Crash::kAhead).us;
      const bool in_it = before && reached >= Clock::wall_of(session.since).us;
      if (in_it && session.lost <= message.at + Crash::kNoticed) return true;
    }
  }
  return false;
}

base::WallTime accepted_at(const Received& message) {
  return {static_cast<int64_t>(stamp_of(message))};
}

// Its author has sent it once more, because the node did not know it any more.
bool sent_again(base::WallTime first, base::WallTime second, const Crashes& crashes) {
  for (const Crash& crash : crashes) {
    if (crash.may_have_lost(first) && second > Clock::wall_of(crash.at)) return true;
  }
  return false;
}

// It was given to its client, and then a crash has taken it before it was on the disk: what the
// node remembers, and what is said again, follows it.
bool forgotten(const Received& message, base::Instant by, const Crashes& crashes) {
  if (message.stanza_id.empty()) return false;
  return std::any_of(crashes.begin(), crashes.end(), [&](const Crash& crash) {
    return crash.may_have_lost(accepted_at(message)) && crash.at < by &&
           message.at <= crash.at + Crash::kNoticed;
  });
}

// Was given to another client of the account and is given once more, because of a crash: a stored
// one whose deletion was not on the disk, or one that the sender's shard still had, too. `newest`
// came to this client before that crash.
bool given_elsewhere(const Clients& clients, const Client& owner, const Received& newest,
                     const Received& message, const Crashes& crashes) {
  if (!message.delayed) return false;
  for (const Client* client : clients) {
    if (client == &owner || client->bare() != owner.bare()) continue;
    for (const Received& other : client->messages) {
      if (other.stanza_id != message.stanza_id) continue;
      for (const Crash& crash : crashes) {
        const bool unsettled = other.delayed || other.at >= crash.settled();
        const base::Instant noticed = crash.at + Crash::kNoticed;
        if (unsettled && std::max(newest.at, other.at) <= noticed && crash.at < message.at) {
          return true;
        }
      }
    }
  }
  return false;
}

// One that this client had before, `again`: is it the crash's doing?
bool given_again(const Received& first, const Received& again, const Crashes& crashes) {
  if (first.stanza_id.empty() || again.stanza_id.empty()) return false;
  if (first.stanza_id != again.stanza_id) {
    const base::WallTime one = accepted_at(first);
    const base::WallTime other = accepted_at(again);
    return sent_again(std::min(one, other), std::max(one, other), crashes);
  }
  for (const Crash& crash : crashes) {
    if (accepted_at(first) > Clock::wall_of(crash.at + Crash::kAhead) || again.at <= crash.at)
      continue;
    // The journal knows nothing of copies, and not of a stored message if it had no room for that,
    // or if the store failed to delete it.
    const bool known = !first.delayed && first.way == Way::direct && again.way == Way::direct;
    if (!known || first.session != again.session || first.at >= crash.settled()) return true;
  }
  return false;
}

}  // namespace

std::string check_arrival_order(const Clients& clients, const Crashes& crashes) {
  const std::set<std::string> blind = all_blind(clients);
  // Per recipient's account and sender: stamp -> number.
  std::map<std::pair<std::string, std::string>, std::map<uint64_t, int64_t>> arrivals;
  for (const Client* client : clients) {
    for (const Received& message : client->messages) {
      const int64_t number = number_of(message.body, 'm', blind);
      if (number < 0 || message.way == Way::carbon_sent) continue;
      if (message.stanza_id.size() < 16) return "no id on " + show(*client, message);
      auto& of_pair = arrivals[{client->bare(), message.from}];
      const auto [entry, fresh] = of_pair.emplace(stamp_of(message), number);
      if (!fresh && entry->second != number) return "one id for two: " + show(*client, message);
    }
  }
  for (const auto& [pair, by_stamp] : arrivals) {
    int64_t last = -1;
    base::WallTime last_at;
    std::map<int64_t, base::WallTime> first;
    for (const auto& [stamp, number] : by_stamp) {
      const base::WallTime at{static_cast<int64_t>(stamp)};
      const auto [before, fresh] = first.emplace(number, at);
      if (!fresh && sent_again(before->second, at, crashes)) continue;
      // What a crash has taken may be the later one, said in vain; both are said once more.
      if (number <= last && !sent_again(last_at, at, crashes)) {
        return "m" + std::to_string(number) + " from " + pair.second + " reached " + pair.first +
               " after m" + std::to_string(last);
      }
      last = number;
      last_at = at;
    }
  }
  return {};
}

std::string check_delivery_order(const Clients& clients, const Crashes& crashes) {
  const std::set<std::string> blind = all_blind(clients);
  for (const Client* client : clients) {
    struct Newest {
      int64_t number = -1;
      bool available = false;
      const Received* message = nullptr;
    };
    std::map<std::pair<std::string, std::string>, Newest> newest;
    std::map<std::string, const Received*> had;  // by body
    for (const Received& message : client->messages) {
      const int64_t number = number_of(message.body, 'm', blind);
      if (number < 0) continue;
      const auto [first, fresh] = had.emplace(message.body, &message);
      if (!fresh && given_again(*first->second, message, crashes)) continue;
      Newest& last = newest[{message.from, message.to}];
      if (number > last.number || forgotten(*last.message, message.at, crashes)) {
        last = {number, message.available, &message};
        continue;
      }
      // Copies of what another resource sent carry no id of ours; they come from sessions that
      // live, as long as this one does.
      const bool from_self = account_of(message.from) == client->bare();
      if (message.way == Way::carbon_sent && !from_self) return "whose carbon? " + message.from;
      if (last.number != number && !last.available) continue;
      if (message.way != Way::carbon_sent && handed_back(clients, *client, message)) continue;
      if (given_elsewhere(clients, *client, *last.message, message, crashes)) continue;
      // The newest was given to us unacknowledged, and all such are said again in their order.
      if (sent_again(accepted_at(*last.message), accepted_at(message), crashes)) continue;
      return show(*client, message) + " came after m" + std::to_string(last.number);
    }
  }
  return {};
}

std::string check_presence_order(const Clients& clients, const Crashes& crashes) {
  std::set<std::string> blind = all_blind(clients);
  for (const Client* client : clients) {
    blind.insert(client->said_again.begin(), client->said_again.end());
  }
  for (const Client* client : clients) {
    struct Newest {
      int64_t number = -1;
      base::Instant at;
    };
    std::map<std::string, Newest> newest;
    for (const SeenPresence& seen : client->presences) {
      const int64_t number = number_of(seen.status, 's', blind);
      if (number < 0) continue;
      Newest& last = newest[seen.from];
      const auto forgotten = [&](const Crash& crash) {
        return crash.durable <= last.at && crash.at < seen.at;
      };
      if (number < last.number && std::none_of(crashes.begin(), crashes.end(), forgotten)) {
        return client->bare() + "/" + client->options().resource + " was shown " + seen.status +
               " of " + seen.from + " after s" + std::to_string(last.number);
      }
      last = {number, seen.at};
    }
  }
  return {};
}

}  // namespace sim
