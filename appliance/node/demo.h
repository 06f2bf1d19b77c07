// Three accounts to try the node with: alice, bob and carol at the default domain, with random
// passwords kept in DATA/demo-users (mode 0600, one `user password` a line).
// Main thread, at start; waits for the database.
#pragma once

#include <string>
#include <vector>

#include "appliance/store/store.h"
#include "engine/base/random.h"
#include "engine/base/result.h"

namespace appliance {

struct DemoUser {
  std::string name;  // without the domain
  std::string password;
};

// Makes what is missing; a second start finds everything there and changes nothing.
base::Result<std::vector<DemoUser>> prepare_demo_users(const std::string& data,
                                                       const std::string& domain,
                                                       store::Store& store, base::Random& random);

}  // namespace appliance
