// One bench client's way from connection to idleness: TLS if wanted, SCRAM-SHA-256, bind, roster,
// presence. Bytes in, bytes out; it looks for the few markers it waits for and parses nothing.
#pragma once

#include <memory>
#include <string>

#include "engine/base/bytes.h"
#include "engine/tls/client_session.h"

namespace idle {

class Session {
 public:
  Session(std::string user, std::string domain, std::string password, bool tls);

  [[nodiscard]] bool on_bytes(base::Bytes bytes);   // false: see trouble()
  std::string take_output();
  bool ready() const { return step_ == Step::idle; }
  const std::string& trouble() const { return trouble_; }

 private:
  enum class Step { features, challenge, success, second_features, bind, roster, presence, idle };
  void say(base::Bytes text);
  void open_stream();
  bool advance();
  bool expect(base::Bytes marker);
  void first();
  void answer_challenge();

  const std::string user_;
  const std::string domain_;
  const std::string password_;
  Step step_ = Step::features;
  std::unique_ptr<engine::TlsClientSession> tls_;
  std::string heard_;
  std::string output_;
  std::string first_bare_;
  std::string signature_;
  std::string trouble_;
};

}  // namespace idle
