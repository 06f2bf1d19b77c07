#include "appliance/cli/password.h"

#include <sys/random.h>
#include <termios.h>
#include <unistd.h>

#include <cstdio>
#include <iostream>

namespace appliance {
namespace {

class EchoOff {
 public:
  EchoOff() {
    is_terminal_ = tcgetattr(STDIN_FILENO, &before_) == 0;
    if (!is_terminal_) return;
    termios quiet = before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
  }
  ~EchoOff() {
    if (is_terminal_) tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
  }
  EchoOff(const EchoOff&) = delete;
  EchoOff& operator=(const EchoOff&) = delete;

 private:
  termios before_{};
  bool is_terminal_ = false;
};

bool ask(const char* question, std::string& line) {
  std::fputs(question, stderr);
  const EchoOff quiet;
  const bool got = static_cast<bool>(std::getline(std::cin, line));
  std::fputc('\n', stderr);
  return got;
}

base::Result<std::string> generate() {
  // 20 characters out of 32 that are hard to confuse: 100 random bits.
  constexpr char kAlphabet[] = "abcdefghijkmnpqrstuvwxyz23456789";
  static_assert(sizeof kAlphabet == 33);
  unsigned char octets[20];
  if (getrandom(octets, sizeof octets, 0) != sizeof octets) return base::Error{"no randomness"};
  std::string password;
  for (const unsigned char octet : octets) password += kAlphabet[octet % 32];
  return password;
}

}  // namespace

base::Result<std::string> get_password(PasswordFrom from) {
  if (from == PasswordFrom::generate) return generate();
  std::string password;
  if (from == PasswordFrom::standard_input) {
    if (!std::getline(std::cin, password) || password.empty()) {
      return base::Error{"no password on standard input"};
    }
    return password;
  }
  if (isatty(STDIN_FILENO) == 0) {
    return base::Error{"no terminal to ask on; use --password-stdin or --generate"};
  }
  std::string again;
  if (!ask("Password: ", password) || !ask("Again: ", again)) return base::Error{"no password"};
  if (password != again) return base::Error{"the two are not the same"};
  return password;
}

}  // namespace appliance
