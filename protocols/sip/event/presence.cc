#include "protocols/sip/event/presence.h"

#include "engine/base/check.h"
#include "protocols/im/user.h"
#include "protocols/sip/address.h"
#include "protocols/sip/body/pidf_writer.h"

namespace sip {
namespace {

enum Form : uint8_t { kEverything = 1, kOffline = 2 };  // SharedBody::form

std::string document(const im::Presentity& presentity, const im::Composed& seen, Form form) {
  const im::User& user = presentity.user();
  std::string entity;
  write_sip_uri(user.jid(), entity);
  std::string out;
  PidfWriter writer(entity, seen, out);
  if (form == kEverything) im::visit_sources(user, presentity.publications(), writer);
  writer.begin_person();
  if (form == kEverything) im::visit_sources(user, presentity.publications(), writer);
  writer.end();
  return out;
}

}  // namespace

std::shared_ptr<const std::string> PresencePackage::body(const Subscription& subscription,
                                                         uint32_t) {
  CHECK(subscription.presentity != nullptr);
  im::Presentity& presentity = *subscription.presentity;
  Form form = kEverything;
  switch (subscription.watch_state) {
    case im::WatchState::pending:
    case im::WatchState::rejected:
      return nullptr;
    case im::WatchState::blocked:
      form = kOffline;
      break;
    case im::WatchState::active:
      break;
  }
  if (auto made = presentity.body(form)) return made;
  auto bytes = std::make_shared<const std::string>(
      document(presentity, presentity.seen_by(subscription), form));
  presentity.keep_body(form, bytes);
  return bytes;
}

}  // namespace sip
