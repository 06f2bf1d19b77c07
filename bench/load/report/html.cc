#include "bench/load/report/report.h"

namespace load {

// The page draws what it finds in one place; a script puts several results there (README.md).
std::string html_of(const RunResult& run) {
  static constexpr std::string_view kPlace = "@RESULTS@";
  std::string page = kPage;
  const size_t at = page.find(kPlace);
  if (at != std::string::npos) page.replace(at, kPlace.size(), "[" + json_of(run) + "]");
  return page;
}

}  // namespace load
