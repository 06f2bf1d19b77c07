#include "protocols/xmpp/feature.h"

#include "protocols/xmpp/core_features.h"

namespace xmpp {

std::span<const Feature* const> all_features() {
  static constexpr const Feature* kFeatures[] = {
      &core::roster,
      &core::session_establishment,
#define FEATURE(symbol) &xep::symbol,
#include "protocols/xmpp/features.def"
#undef FEATURE
  };
  return kFeatures;
}

}  // namespace xmpp
