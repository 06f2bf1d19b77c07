// A client's way from the opened connection to its own presence: STARTTLS if wanted, SASL, bind,
// session where a server insists, stream management if wanted, roster, presence. Bytes in, bytes
// out; it looks for the markers it waits for. Exists during the login only. One thread.
#pragma once

#include <cstdint>
#include <string>

#include "bench/load/client/scram.h"
#include "bench/load/client/stanza_counter.h"
#include "bench/load/options.h"

namespace load {

class Login {
 public:
  enum class Result : uint8_t {
    more,       // waits for the server
    start_tls,  // the handshake begins now; secured() when it is done
    ready,      // what has come after the login's end is not lost: rest()
    refused,    // may go better later: the server is busy, stopping or starting
    denied,     // will not: wrong password, missing mechanism
  };

  Login(const Options& options, uint32_t number, bool encrypted, Scram& scram, base::Random& random,
        StanzaCounter& counter);

  void open(std::string& out);     // the first stream header
  void secured(std::string& out);  // after start_tls: the next one
  Result on_bytes(base::Bytes bytes, std::string& out);

  const std::string& trouble() const { return trouble_; }

 private:
  enum class Step : uint8_t {
    features,
    proceed,
    challenge,
    success,
    second_features,
    bind,
    session,
    enabled,
    roster,
    presence
  };

  bool expect(base::Bytes marker);
  bool expect_tag(base::Bytes marker);
  Result advance(std::string& out);
  Result authenticate(std::string& out);
  Result answer_challenge(std::string& out);
  Result after_success(std::string& out);
  void ask_roster(std::string& out);
  void after_bind(std::string& out);
  Result failed();

  const Options& options_;
  const uint32_t number_;
  bool encrypted_;
  Scram& scram_;
  base::Random& random_;
  StanzaCounter& counter_;
  Step step_ = Step::features;
  bool counting_ = false;
  bool wants_session_ = false;
  std::string heard_;   // what no marker has been found in yet
  std::string before_;  // what stood before the last marker
  std::string trouble_;
};

std::string user_name(uint32_t number);
// What the status of the first presence says; how it is known again.
std::string first_status(uint32_t number);

}  // namespace load
