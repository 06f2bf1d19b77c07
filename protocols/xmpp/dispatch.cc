#include "protocols/xmpp/dispatch.h"

#include <functional>

#include "engine/base/check.h"
#include "engine/trace/counters.h"
#include "protocols/xmpp/iq_request.h"
#include "protocols/xmpp/service.h"
#include "protocols/xmpp/session.h"
#include "protocols/xmpp/stream.h"

namespace xmpp {

namespace {

constexpr To kAddresses[] = {To::host, To::self, To::other, To::unseen};

size_t hash(IqKind kind, To to, base::Bytes ns, base::Bytes name) {
  const size_t salt = static_cast<size_t>(kind) * 8 + static_cast<size_t>(to);
  return std::hash<base::Bytes>()(ns) * 31 + std::hash<base::Bytes>()(name) + salt * 0x9e3779b1U;
}

bool enabled(const Feature& feature, const Options& options) {
  return feature.enabled == nullptr || feature.enabled(options);
}

size_t table_size() {
  size_t hooks = 0;
  for (const Feature* feature : all_features()) {
    for (const Hook& hook : feature->hooks) {
      hooks += static_cast<size_t>(__builtin_popcount(hook.to));
    }
  }
  size_t size = 16;
  while (size < 2 * hooks) size *= 2;
  return size;
}

IqKind kind_of(const im::Stanza& iq) {
  CHECK(iq.type == im::StanzaType::get || iq.type == im::StanzaType::set);
  return iq.type == im::StanzaType::get ? IqKind::get : IqKind::set;
}

}  // namespace

Dispatch::Dispatch() : slots_(table_size()) {
  for (const Feature* feature : all_features()) {
    for (const Hook& hook : feature->hooks) {
      for (const To to : kAddresses) {
        if ((hook.to & static_cast<uint8_t>(to)) != 0) insert({&hook, feature, to});
      }
    }
  }
}

void Dispatch::insert(const Slot& entry) {
  const Hook& hook = *entry.hook;
  CHECK(hook.answer != nullptr && !hook.name.empty());
  size_t at = hash(hook.kind, entry.to, hook.ns, hook.name) & (slots_.size() - 1);
  while (slots_[at].hook != nullptr) {
    const Hook& other = *slots_[at].hook;
    // Two features that answer the same IQ are a bug of ours.
    CHECK(!(slots_[at].to == entry.to && other.kind == hook.kind && other.ns == hook.ns &&
            other.name == hook.name));
    at = (at + 1) & (slots_.size() - 1);
  }
  slots_[at] = entry;
}

const Hook* Dispatch::find(IqKind kind, To to, base::Bytes ns, base::Bytes name,
                           const Options& options) const {
  size_t at = hash(kind, to, ns, name) & (slots_.size() - 1);
  for (; slots_[at].hook != nullptr; at = (at + 1) & (slots_.size() - 1)) {
    const Slot& slot = slots_[at];
    if (slot.to == to && slot.hook->kind == kind && slot.hook->name == name &&
        slot.hook->ns == ns) {
      return enabled(*slot.feature, options) ? slot.hook : nullptr;
    }
  }
  return nullptr;
}

void answer_iq(Session& session, To to, const im::Stanza& iq, const xml::Element& payload,
               engine::Turn& turn) {
  CHECK(to == To::host || to == To::self);
  Service& service = session.service();
  im::User* user = to == To::self ? session.user : nullptr;
  IqRequest request(turn, service.realm(), service.options(), iq, payload, &session, user, to);
  const Hook* hook =
      service.dispatch().find(kind_of(iq), to, payload.ns(), payload.name(), service.options());
  if (hook == nullptr) {
    trace::count(trace::Counter::xmpp_iqs_unhandled);
    request.error(im::ErrorCondition::service_unavailable, {});
    return;
  }
  hook->answer(request);
}

bool answer_account_iq(Service& service, im::User& user, const im::Stanza& iq,
                       const xml::Element& payload, engine::Turn& turn) {
  const To to = iq.to.has_resource() ? To::unseen : To::other;
  const Hook* hook =
      service.dispatch().find(kind_of(iq), to, payload.ns(), payload.name(), service.options());
  if (hook == nullptr) return false;
  IqRequest request(turn, service.realm(), service.options(), iq, payload, nullptr, &user, to);
  hook->answer(request);
  return true;
}

bool answer_early_iq(Stream& stream, const im::Stanza& iq, const xml::Element& payload,
                     engine::Turn& turn) {
  Service& service = stream.service();
  const Options& options = service.options();
  const IqKind kind = kind_of(iq);
  for (const Feature* feature : all_features()) {
    if (!enabled(*feature, options)) continue;
    for (const Hook& hook : feature->early_hooks) {
      if (hook.kind != kind || hook.name != payload.name() || hook.ns != payload.ns()) continue;
      EarlyIqRequest request(turn, service.realm(), options, iq, payload, stream);
      hook.answer(request);
      return true;
    }
  }
  return false;
}

}  // namespace xmpp
