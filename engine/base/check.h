// CHECK: an invariant of ours that is broken. Stays on in production; never used on anything a
// peer, an operator or the weather controls. Prints where and what, dumps the trace ring through
// the hook that engine/trace installs, and aborts.
// Any thread.
#pragma once

namespace base {

using CheckHook = void (*)();
void set_check_hook(CheckHook hook);  // called once, before abort; must not allocate
[[noreturn]] void check_failed(const char* file, int line, const char* what);

}  // namespace base

#define CHECK(condition)                                             \
  do {                                                               \
    if (__builtin_expect(!(condition), 0)) {                         \
      ::base::check_failed(__FILE_NAME__, __LINE__, #condition);     \
    }                                                                \
  } while (false)

#ifndef __FILE_NAME__
#define __FILE_NAME__ __FILE__
#endif
