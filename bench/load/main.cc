// bench_load: makes load and says what it cost. README.md has the command line.
#include <csignal>
#include <cstdio>
#include <string>

#include "bench/load/process/master.h"
#include "bench/load/report/report.h"

namespace {

bool save(const std::string& path, const std::string& text) {
  if (path.empty()) return true;
  std::FILE* file = std::fopen(path.c_str(), "we");
  bool good = file != nullptr && std::fwrite(text.data(), 1, text.size(), file) == text.size();
  if (file != nullptr) good = std::fclose(file) == 0 && good;
  if (!good) std::fprintf(stderr, "bench_load: cannot write %s\n", path.c_str());
  return good;
}

}  // namespace

int main(int argc, char** argv) {
  const auto options = load::parse_options(argc, argv);
  if (!options) {
    std::fprintf(stderr, "bench_load: %s (bench/load/README.md)\n", options.error().what.c_str());
    return 2;
  }
  std::signal(SIGPIPE, SIG_IGN);
  load::RunResult run;
  {
    load::Master master(*options);
    std::string error;
    if (!master.start(error)) {
      std::fprintf(stderr, "bench_load: %s\n", error.c_str());
      return 1;
    }
    run = master.run();
  }
  std::fputs(load::table_of(run).c_str(), stdout);
  if (!save(options->json_file, load::json_of(run))) return 1;
  if (!options->html_file.empty() && !save(options->html_file, load::html_of(run))) return 1;
  return run.exit_code();
}
