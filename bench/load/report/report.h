// The result for people: a text table, JSON, and a page of HTML that needs nothing else. The
// formats are in README.md. The master's; one thread.
#pragma once

#include <string>

#include "bench/load/process/result.h"

namespace load {

extern const char kPage[];  // page.html

std::string table_of(const RunResult& run);
std::string json_of(const RunResult& run);
std::string html_of(const RunResult& run);

}  // namespace load
