// The log: one background thread that turns the rings' records into logfmt lines on a file
// descriptor, and hands them to watchers. One log a process, because the rings are.
// The descriptor stays the caller's. A reader that is too slow makes rings fill up and records
// drop (counted); it never makes a shard wait.
#pragma once

#include "engine/base/result.h"

namespace trace {

inline constexpr int kLogPeriodMs = 100;  // between two looks at the rings, unless one is half full

[[nodiscard]] base::Status start_log(int descriptor);  // control thread; once, until stop_log()
void stop_log();                                       // writes what is there, then joins
// Everything recorded by this thread before the call is on the descriptor (or handed to watchers)
// when it returns. Any thread but a shard's; also without start_log(), for watchers alone.
void flush_log();

// Makes a failed CHECK print the records still in the rings to `descriptor` before the abort.
void dump_on_check_failure(int descriptor);

// Inside the trace module. Any thread; a system call only for the first of many.
void wake_log();

}  // namespace trace
