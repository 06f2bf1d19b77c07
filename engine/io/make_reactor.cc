#include "engine/io/make_reactor.h"

#include <errno.h>
#include <string.h>

#include <string>
#include <utility>

#include "engine/base/check.h"
#include "engine/io/epoll_reactor.h"
#include "engine/io/uring_reactor.h"

namespace engine {

namespace {

std::string why_no_uring(const UringReactor::Made& made) {
  CHECK(made.error < 0 && *made.step != '\0');
  std::string text = "io_uring is not available (";
  text += std::string(made.step) + ": " + strerror(-made.error) + "). ";
  switch (-made.error) {
    case EPERM:
    case EACCES:
    case ENOSYS:
      text += "It is blocked by the sysctl kernel.io_uring_disabled or by a seccomp profile, as "
              "those of Docker and containerd: set the sysctl to 0 and allow io_uring_setup, "
              "io_uring_enter and io_uring_register.";
      break;
    case EMFILE:
      text += "Raise the limit of open files (LimitNOFILE, ulimit -n); it also bounds a table of "
              "direct descriptors.";
      break;
    case EINVAL:
      text += "It needs Linux 6.1 or later.";
      break;
    case ENOMEM:
      text += "Give it memory: the limits memlock (ulimit -l) and of the control group count.";
      break;
    default:
      text += "See the kernel's log.";
      break;
  }
  return text;
}

base::Result<MadeReactor> make_epoll(const ReactorLimits& limits, std::string alarm) {
  CHECK(limits.receive_buffers > 0);
  if (limits.direct_descriptors > 0) {
    const std::string why = alarm.empty() ? "epoll has none" : std::move(alarm);
    return base::Error{"direct descriptors need io_uring: " + why};
  }
  auto reactor = std::make_unique<EpollReactor>(limits);
  if (!reactor->usable()) {
    return base::Error{std::string("cannot create an epoll instance: ") + strerror(errno)};
  }
  return MadeReactor{std::move(reactor), std::move(alarm)};
}

}  // namespace

base::Result<MadeReactor> make_reactor(ReactorKind kind, const ReactorLimits& limits) {
  if (kind == ReactorKind::epoll) return make_epoll(limits, {});
  UringReactor::Made made = UringReactor::make(limits);
  if (made.reactor != nullptr) return MadeReactor{std::move(made.reactor), {}};
  std::string why = why_no_uring(made);
  if (kind == ReactorKind::uring) return base::Error{why + " (`io = uring` was demanded)"};
  if (limits.direct_descriptors == 0) why += " Running on epoll instead: up to 30 % more CPU.";
  return make_epoll(limits, std::move(why));
}

}  // namespace engine
