// Connections into a simulated world. Time is virtual: waiting costs nothing.
// One script, one thread.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "tests/scenario/runner/wire.h"
#include "tests/sim/world.h"

namespace scenario {

class SimWire final : public Wire {
 public:
  explicit SimWire(sim::World& world) : world_(world) {}
  ~SimWire() override;

  int connect() override;
  void write(int connection, base::Bytes bytes) override;
  ReadResult read(int connection, std::string& out) override;
  bool start_tls(int) override { return false; }  // TLS is left out of the simulation
  void close(int connection) override;
  void cut(int connection) override;
  bool create_account(base::Bytes user, base::Bytes password) override;

 private:
  struct End final : sim::Endpoint {
    std::string arrived;
    bool ended = false;
    void on_bytes(base::Bytes bytes) override { arrived += bytes; }
    void on_end(bool) override { ended = true; }
  };
  sim::World& world_;
  std::map<int, std::unique_ptr<End>> ends_;
};

}  // namespace scenario
