// The operator's level of each component, as against what call sites compare with while somebody
// watches a user. Inside the trace module.
// Any thread.
#pragma once

#include "engine/trace/trace.h"

namespace trace {

// While true, every call site comes as far as write(), which keeps what names a watched user.
void raise_levels_for_watching(bool watching);
// Does the operator want this in the log?
bool wanted_in_log(Component component, Level level);

}  // namespace trace
