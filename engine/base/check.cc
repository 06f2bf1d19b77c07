#include "engine/base/check.h"

#include <cstdio>
#include <cstdlib>

namespace base {

static CheckHook g_hook = nullptr;

void set_check_hook(CheckHook hook) { g_hook = hook; }

void check_failed(const char* file, int line, const char* what) {
  std::fprintf(stderr, "rollcall: CHECK failed at %s:%d: %s\n", file, line, what);
  CheckHook hook = g_hook;
  g_hook = nullptr;  // a CHECK inside the hook must not come back here
  if (hook != nullptr) hook();
  std::abort();
}

}  // namespace base
