#include "appliance/names/resolver.h"

#include <ares.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <cstdint>

#include "appliance/names/lookup.h"
#include "engine/base/check.h"
#include "engine/trace/counters.h"

namespace names {

base::Result<std::unique_ptr<Resolver>> Resolver::start(const ResolverOptions& options,
                                                        Answered answered) {
  std::unique_ptr<Resolver> made(new Resolver(std::move(answered)));
  if (base::Status done = made->open(options); !done) return done.error();
  made->thread_ = std::thread([resolver = made.get()] { resolver->run(); });
  return made;
}

base::Status Resolver::open(const ResolverOptions& options) {
  wake_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (wake_ < 0) return base::Error{"the resolver has no eventfd: too few open files are allowed"};
  ares_options wanted{};
  wanted.timeout = options.timeout_ms;
  wanted.tries = options.tries;
  wanted.ndomains = 0;  // names are whole ones: nothing is appended to them
  const int status =
      ares_library_init(ARES_LIB_INIT_ALL) != ARES_SUCCESS
          ? ARES_ENOTINITIALIZED
          : ares_init_options(&channel_, &wanted,
                              ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_DOMAINS);
  if (status != ARES_SUCCESS) {
    return base::Error{std::string("the resolver does not start: ") + ares_strerror(status)};
  }
  std::string servers;
  for (const std::string& one : options.servers) servers += (servers.empty() ? "" : ",") + one;
  if (servers.empty()) return base::Status::ok();
  if (ares_set_servers_ports_csv(channel_, servers.c_str()) == ARES_SUCCESS) {
    return base::Status::ok();
  }
  return base::Error{"dns.servers: \"" + servers + "\" are no addresses of servers"};
}

Resolver::~Resolver() {
  stopping_.store(true);
  if (thread_.joinable()) {
    eventfd_write(wake_, 1);
    thread_.join();
  }
  for (auto& question : asked_) answer(std::move(question));
  if (channel_ != nullptr) ares_destroy(channel_);  // ends all lookups
  if (wake_ >= 0) close(wake_);
  CHECK(pending_.load() == 0);
}

void Resolver::ask(std::unique_ptr<engine::NameQuestion> question) {
  CHECK(question != nullptr && !question->host.empty());
  trace::count(trace::Counter::names_asked);
  if (pending_.fetch_add(1) >= kPendingMax) {
    trace::count(trace::Counter::names_refused);
    return answer(std::move(question));
  }
  const std::lock_guard<std::mutex> lock(mutex_);
  asked_.push_back(std::move(question));
  eventfd_write(wake_, 1);
}

void Resolver::answer(std::unique_ptr<engine::NameQuestion> question) {
  CHECK(pending_.fetch_sub(1) > 0);
  if (question->outcome == engine::NameQuestion::Outcome::unknown) {
    trace::count(trace::Counter::names_unknown);
  }
  answered_(std::move(question));
}

void Resolver::run() {
  while (!stopping_.load()) {
    begin_asked();
    wait();
  }
}

void Resolver::begin_asked() {
  std::vector<std::unique_ptr<engine::NameQuestion>> taken;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    taken.swap(asked_);
  }
  for (auto& question : taken) Lookup::begin(*this, std::move(question));
}

void Resolver::wait() {
  std::array<ares_socket_t, ARES_GETSOCK_MAXNUM> sockets{};
  const unsigned bits =
      static_cast<unsigned>(ares_getsock(channel_, sockets.data(), sockets.size()));
  std::array<pollfd, ARES_GETSOCK_MAXNUM + 1> polled{};
  nfds_t count = 0;
  polled[count++] = {wake_, POLLIN, 0};
  for (size_t i = 0; i < sockets.size(); ++i) {
    const bool reads = ARES_GETSOCK_READABLE(bits, i) != 0;
    const bool writes = ARES_GETSOCK_WRITABLE(bits, i) != 0;
    if (!reads && !writes) continue;
    polled[count++] = {sockets[i],
                       static_cast<short>((reads ? POLLIN : 0) | (writes ? POLLOUT : 0)), 0};
  }
  timeval left{};
  const bool waits = ares_timeout(channel_, nullptr, &left) != nullptr;
  poll(polled.data(), count,
       waits ? static_cast<int>(left.tv_sec * 1000 + left.tv_usec / 1000 + 1) : -1);
  eventfd_t rung = 0;
  eventfd_read(wake_, &rung);
  for (nfds_t i = 1; i < count; ++i) {
    const short got = polled[i].revents;
    const bool reads = (got & (POLLIN | POLLERR | POLLHUP)) != 0;
    const bool writes = (got & (POLLOUT | POLLERR | POLLHUP)) != 0;
    if (!reads && !writes) continue;
    ares_process_fd(channel_, reads ? polled[i].fd : ARES_SOCKET_BAD,
                    writes ? polled[i].fd : ARES_SOCKET_BAD);
  }
  ares_process_fd(channel_, ARES_SOCKET_BAD, ARES_SOCKET_BAD);  // whose time is over
}

}  // namespace names
