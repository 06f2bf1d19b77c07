#include "protocols/sip/trunk.h"

#include <utility>

#include "engine/trace/counters.h"

namespace sip {

bool Trunk::wait(Method method, const Request& how, base::Bytes rest, uint64_t ticket) {
  auto one = std::make_unique<Waiting>();
  one->method = method;
  one->how = how;
  one->ticket = ticket;
  base::Bytes* const views[] = {&one->how.method, &one->how.uri, &one->how.route,
                                &one->how.from,   &one->how.to,  &one->how.call_id};
  for (const base::Bytes* view : views) one->text.append(*view);
  one->text.append(rest);
  if (waiting_bytes_ + one->text.size() > kWaitingBytesMax) {
    trace::count(trace::Counter::sip_peer_queue_full);
    return false;
  }
  base::Bytes left = one->text;
  for (base::Bytes* view : views) {
    *view = left.substr(0, view->size());
    left.remove_prefix(view->size());
  }
  one->rest = left;
  waiting_bytes_ += one->text.size();
  waiting_.push_back(std::move(one));
  return true;
}

std::vector<std::unique_ptr<Trunk::Waiting>> Trunk::take_waiting() {
  waiting_bytes_ = 0;
  return std::exchange(waiting_, {});
}

}  // namespace sip
