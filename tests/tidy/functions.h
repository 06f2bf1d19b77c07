// Where functions begin and end, found by matching braces: no compiler, no index, so it runs
// anywhere. A lambda or a local class belongs to the function around it.
#pragma once

#include <string>
#include <vector>

#include "tests/tidy/source.h"

namespace tidy {

struct Function {
  std::string head;  // what stands before the body
  size_t first = 0;  // line of the head's first token
  size_t last = 0;   // line of the closing brace
  size_t begin = 0;  // offsets of the body's braces
  size_t end = 0;
  size_t length() const { return last - first + 1; }
};

std::vector<Function> find_functions(const Source& source);

}  // namespace tidy
