// features_table readme|doap: prints what README.md has between its markers, or doap.xml.
#include <cstdio>
#include <string>

#include "tests/conformance/tables.h"

int main(int argc, char** argv) {
  const std::string what = argc == 2 ? argv[1] : "";
  if (what != "readme" && what != "doap") {
    std::fprintf(stderr, "usage: features_table readme|doap\n");
    return 2;
  }
  const std::string text = what == "readme" ? conformance::readme_table() : conformance::doap();
  std::fputs(text.c_str(), stdout);
  return 0;
}
