#include "protocols/sip/transport/locate.h"

#include <algorithm>

#include "engine/base/check.h"
#include "protocols/sip/transport/flow.h"

namespace sip {

using engine::NameQuestion;

std::unique_ptr<NameQuestion> where_is(const std::string& host, uint16_t port,
                                       Via::Transport transport) {
  CHECK(!host.empty());
  const bool tls = transport == Via::Transport::tls;
  auto question = std::make_unique<NameQuestion>();
  question->host = host;
  question->port = port != 0 ? port : tls ? kDefaultTlsPort : kDefaultPort;
  if (port != 0) return question;
  if (tls) {
    question->services = {"_sips._tcp", "_sipfederationtls._tcp"};
  } else {
    question->services = {transport == Via::Transport::udp ? "_sip._udp" : "_sip._tcp"};
  }
  return question;
}

std::vector<base::SocketAddress> in_order(const std::vector<NameQuestion::Target>& targets,
                                          base::Random& random) {
  // The first address of each server that is still to be chosen.
  std::vector<const NameQuestion::Target*> left;
  for (const NameQuestion::Target& one : targets) {
    if (left.empty() || left.back()->server != one.server) left.push_back(&one);
  }
  // Those without a weight first: they are chosen when chance says zero.
  std::stable_sort(left.begin(), left.end(), [](const auto* a, const auto* b) {
    return a->priority != b->priority ? a->priority < b->priority
                                      : (a->weight == 0) > (b->weight == 0);
  });
  std::vector<base::SocketAddress> order;
  while (!left.empty()) {
    const uint16_t priority = left.front()->priority;
    uint64_t sum = 0;
    for (const auto* one : left) sum += one->priority == priority ? one->weight : 0;
    uint64_t chance = random.below(sum + 1);
    auto chosen = left.begin();
    while (chance > (*chosen)->weight) chance -= (*chosen++)->weight;
    for (const NameQuestion::Target& one : targets) {
      if (one.server == (*chosen)->server) order.push_back(one.address);
    }
    left.erase(chosen);
  }
  CHECK(order.size() == targets.size());
  return order;
}

}  // namespace sip
