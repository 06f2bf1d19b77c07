#include "protocols/sip/message/method.h"

#include <iterator>

#include "engine/base/check.h"

namespace sip {
namespace {

constexpr base::Bytes kNames[] = {
    "",
#define METHOD(name, wire) wire,
#include "protocols/sip/message/methods.def"
#undef METHOD
};

}  // namespace

Method find_method(base::Bytes name) {
  for (size_t i = 1; i < std::size(kNames); ++i) {
    if (kNames[i].size() == name.size() && kNames[i][0] == name[0] && kNames[i] == name) {
      return static_cast<Method>(i);
    }
  }
  return Method::unknown;
}

base::Bytes wire_name(Method method) {
  CHECK(static_cast<size_t>(method) < std::size(kNames));
  return kNames[static_cast<size_t>(method)];
}

}  // namespace sip
