#include "tests/sim/limits.h"

#include <vector>

#include "engine/trace/counters.h"

namespace sim {
namespace {

using trace::Counter;

struct Limit {
  std::vector<Counter> counters;
  std::vector<const char*> told;  // keys of Client::told
  // Limits whose words a client may miss, which then only sees its connection end.
  std::vector<Counter> also;
};

const std::vector<Limit>& limits() {
  static const std::vector<Limit> kLimits = {
      {{Counter::im_roster_full},
       {"iq/policy-violation/The contact list is full.",
        "presence/policy-violation/The contact list is full."}},
      {{Counter::xmpp_limit_sessions}, {"bind/resource-constraint"}},
      {{Counter::im_sessions_refused}, {"bind/resource-constraint"}},
      {{Counter::im_offline_full}, {"message/service-unavailable"}},
      {{Counter::im_offline_waiting_full, Counter::im_user_inbox_full,
        Counter::im_users_loading_full, Counter::im_mail_refused, Counter::im_resource_full,
        Counter::im_journal_full},
       {"message/resource-constraint"}},
      {{Counter::im_directed_presence_full},
       {"presence/resource-constraint/Directed presence was sent to too many addresses."}},
      {{Counter::im_block_list_full}, {"iq/policy-violation/The block list is full."}},
      {{Counter::xmpp_limit_stanza_bytes, Counter::xmpp_limit_depth, Counter::xmpp_limit_attributes,
        Counter::xmpp_limit_names},
       {"stream/policy-violation"}},
      {{Counter::xmpp_login_failures}, {"sasl/not-authorized", "sasl/temporary-auth-failure"}},
      {{Counter::xmpp_limit_login_failures},
       {"stream/policy-violation/too many failed attempts to log in"}},
      {{Counter::xmpp_login_timeouts}, {"stream/connection-timeout/logging in took too long"}},
      {{Counter::xmpp_idle_timeouts}, {"stream/connection-timeout/no answer to a ping"}},
      {{Counter::xmpp_limit_unacked},
       {"stream/policy-violation/too many stanzas not acknowledged"}},
      {{Counter::xmpp_ack_timeouts}, {"stream/connection-timeout/no acknowledgement"}},
      {{Counter::send_limit_closes, Counter::send_stall_closes, Counter::send_shard_limit_closes},
       {"closed"},
       {Counter::xmpp_limit_unacked, Counter::xmpp_ack_timeouts, Counter::xmpp_idle_timeouts}},
      {{Counter::connections_refused_source}, {"refused"}},
      {{Counter::private_xml_full}, {"iq/resource-constraint"}},
      {{Counter::private_xml_too_big}, {"iq/not-acceptable/the element is too big"}},
      {{Counter::vcards_too_big}, {"iq/not-acceptable/the vCard is too big"}},
  };
  return kLimits;
}

std::map<std::string, uint64_t> all_told(const Clients& clients) {
  std::map<std::string, uint64_t> sum;
  for (const Client* client : clients) {
    for (const auto& [key, times] : client->told) sum[key] += times;
  }
  return sum;
}

std::map<std::string, uint64_t> all_counted() {
  std::map<std::string, uint64_t> counted;
  for (uint16_t i = 0; i < static_cast<uint16_t>(Counter::kCount); ++i) {
    const auto counter = static_cast<Counter>(i);
    counted[std::string(trace::name(counter))] = trace::total(counter);
  }
  return counted;
}

uint64_t since(const std::map<std::string, uint64_t>& before,
               const std::map<std::string, uint64_t>& now, const std::string& key) {
  const auto was = before.find(key);
  const auto is = now.find(key);
  return (is == now.end() ? 0 : is->second) - (was == before.end() ? 0 : was->second);
}

struct Moved {
  uint64_t told = 0;
  uint64_t counted = 0;
  uint64_t also = 0;
  std::string words;  // of both
};

Moved moved(const Limit& limit, const std::map<std::string, uint64_t>& told_before,
            const std::map<std::string, uint64_t>& told_now,
            const std::map<std::string, uint64_t>& counted_before,
            const std::map<std::string, uint64_t>& counted_now) {
  Moved sum;
  for (const char* key : limit.told) sum.told += since(told_before, told_now, key);
  for (const Counter counter : limit.counters) {
    const std::string name(trace::name(counter));
    const uint64_t times = since(counted_before, counted_now, name);
    sum.counted += times;
    sum.words += name + " " + std::to_string(times) + ", ";
  }
  for (const Counter counter : limit.also) {
    sum.also += since(counted_before, counted_now, std::string(trace::name(counter)));
  }
  sum.words += "but told of \"" + std::string(limit.told.front()) + "\" " +
               std::to_string(sum.told) + " times";
  return sum;
}

}  // namespace

LimitBook::LimitBook(const Clients& clients) : told_(all_told(clients)), counted_(all_counted()) {}

std::string LimitBook::check_told(const Clients& clients) const {
  const auto told_now = all_told(clients);
  const auto counted_now = all_counted();
  for (const Limit& limit : limits()) {
    const Moved sum = moved(limit, told_, told_now, counted_, counted_now);
    if (sum.told > sum.counted + sum.also) return "a limit was not counted: " + sum.words;
  }
  return {};
}

std::string LimitBook::check_exact(const Clients& clients) const {
  const auto told_now = all_told(clients);
  const auto counted_now = all_counted();
  for (const Limit& limit : limits()) {
    const Moved sum = moved(limit, told_, told_now, counted_, counted_now);
    if (sum.told != sum.counted) return "counter and clients disagree: " + sum.words;
    if (sum.told == 0) return "a limit was not reached: " + sum.words;
  }
  return {};
}

uint64_t told(const Clients& clients, const std::string& key) {
  uint64_t sum = 0;
  for (const Client* client : clients) {
    const auto found = client->told.find(key);
    if (found != client->told.end()) sum += found->second;
  }
  return sum;
}

}  // namespace sim
