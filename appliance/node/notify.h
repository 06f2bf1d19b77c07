// Telling the service manager how we are (sd_notify(3)), without its library: one datagram to the
// socket named by NOTIFY_SOCKET, nothing where there is none.
// Main thread.
#pragma once

#include <cstdint>
#include <string>

#include "engine/base/time.h"

namespace appliance {

class ServiceManager {
 public:
  ServiceManager();  // reads the environment, and removes what it read from it
  void ready(const std::string& status) const;
  void reloading() const;
  void stopping() const;
  void alive() const;
  // How often alive() is expected; zero: never.
  base::Duration watchdog() const { return watchdog_; }

 private:
  void tell(const std::string& message) const;
  std::string socket_;
  base::Duration watchdog_;
};

}  // namespace appliance
