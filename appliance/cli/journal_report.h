// `rollcall journal check DIR` and `rollcall journal repair DIR`: what a journal holds, and what is
// damaged in it, while no node uses it. Needs no node; the folder is locked meanwhile.
// Main thread.
#pragma once

#include <string>

#include "engine/base/result.h"

namespace appliance {

struct JournalReport {
  std::string text;      // lines for people, or one of JSON
  bool damaged = false;  // and not repaired
};

// An Error: the folder is not there, in use, or a file in it cannot be read at all.
base::Result<JournalReport> report_on_journal(const std::string& folder, bool repair, bool json);

}  // namespace appliance
