// Configuration files: nothing an operator can write takes the program down, and whatever is
// refused is refused with a place and a reason.
#include "appliance/config/config.h"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto loaded =
      appliance::load_config({reinterpret_cast<const char*>(data), size});
  for (const auto& problem : loaded.problems) {
    if (problem.message.empty()) std::abort();
  }
  if (loaded.problems.empty() && loaded.config.listeners.empty()) std::abort();
  return 0;
}
