#include "protocols/gateway/presences.h"

namespace gateway {

bool Presences::take(const im::Stanza& stanza, engine::Turn& turn) {
  switch (stanza.type) {
    case im::StanzaType::subscribed:  // the roster says so
      return true;
    case im::StanzaType::unsubscribed: {
      const im::User* const user = realm_.find_user(stanza.from.bare());
      if (user != nullptr && user->presentity != nullptr) {
        const std::string watcher(stanza.to.bare());
        user->presentity->decide(watcher, im::WatchState::rejected, turn);
      }
      return true;
    }
    default:
      return subscriber_.take(stanza, turn);
  }
}

}  // namespace gateway
