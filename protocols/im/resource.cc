#include "protocols/im/resource.h"

#include "engine/base/check.h"

namespace im {

// A wire that forgets to unbind would leave a dangling pointer in its user.
Resource::~Resource() { CHECK(user == nullptr); }

}  // namespace im
