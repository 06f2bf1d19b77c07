#include "tests/scenario/runner/sim_wire.h"

#include <utility>

namespace scenario {

SimWire::~SimWire() {
  while (!ends_.empty()) cut(ends_.begin()->first);
}

int SimWire::connect() {
  auto end = std::make_unique<End>();
  const int connection = world_.network().connect(5222, *end);
  if (connection >= 0) ends_[connection] = std::move(end);
  return connection;
}

void SimWire::write(int connection, base::Bytes bytes) {
  if (!ends_.at(connection)->ended) world_.network().client_send(connection, bytes);
}

ReadResult SimWire::read(int connection, std::string& out) {
  End& end = *ends_.at(connection);
  // Small steps first, so that little time passes where much is said.
  for (int step = 0; step < 80 && end.arrived.empty() && !end.ended; ++step) {
    world_.run_for(base::Duration::milliseconds(step < 50 ? 2 : 100));
  }
  if (end.arrived.empty()) return end.ended ? ReadResult::closed : ReadResult::quiet;
  out += std::exchange(end.arrived, {});
  return ReadResult::bytes;
}

void SimWire::close(int connection) {
  if (!ends_.at(connection)->ended) world_.network().client_finish(connection);
  world_.network().forget(connection);
  ends_.erase(connection);
}

void SimWire::cut(int connection) {
  const bool ended = ends_.at(connection)->ended;
  if (!ended) world_.network().client_reset(connection);
  world_.network().forget(connection);
  ends_.erase(connection);
  world_.run_for(base::Duration::milliseconds(50));  // the server learns of it
}

bool SimWire::create_account(base::Bytes user, base::Bytes password) {
  world_.add_user(user, password);
  return true;
}

}  // namespace scenario
