// A certificate authority for tests, by the `openssl` program: so that what we verify was made by
// others. Its certificates are good from now on for a day; `at()` is when.
#pragma once

#include <cstdlib>
#include <fstream>
#include <string>

#include "tests/engine/tls/pipe.h"

namespace tls_test {

class Authority {
 public:
  explicit Authority(const Folder& folder, const std::string& name = "authority")
      : stem_(folder / name) {
    run("req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /CN=" + name +
        " -keyout " + stem_ + ".key -out " + stem_ + ".pem");
  }
  static bool available() { return std::system("openssl version >/dev/null 2>&1") == 0; }

  // `names` as openssl writes them: "DNS:a.example,URI:sip:b.example"; empty: only `subject`.
  engine::TlsCertificateFiles issue(const std::string& file, const std::string& subject,
                                    const std::string& names) const {
    const std::string leaf = stem_ + "-" + file;
    std::ofstream(leaf + ".ext") << "basicConstraints=CA:FALSE\n"
                                 << (names.empty() ? "" : "subjectAltName=" + names + "\n");
    run("req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj " + subject + " -keyout " +
        leaf + ".key -out " + leaf + ".csr");
    run("x509 -req -days 1 -in " + leaf + ".csr -CA " + stem_ + ".pem -CAkey " + stem_ +
        ".key -CAcreateserial -extfile " + leaf + ".ext -out " + leaf + ".pem");
    return {leaf + ".pem", leaf + ".key", {}};
  }
  std::string file() const { return stem_ + ".pem"; }
  static base::WallTime at() { return {(int64_t{std::time(nullptr)} + 60) * 1000000}; }

 private:
  static void run(const std::string& arguments) {
    const std::string command = "openssl " + arguments + " >/dev/null 2>&1";
    EXPECT_EQ(std::system(command.c_str()), 0) << command;
  }
  const std::string stem_;
};

}  // namespace tls_test
