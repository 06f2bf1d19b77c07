// XEP-0441: Message Archive Management Preferences. Kept with the account; they hold for messages
// from the moment the client is told that they do.
#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/trace/counters.h"
#include "protocols/jid/jid.h"
#include "protocols/xml/writer.h"
#include "protocols/xmpp/feature.h"
#include "protocols/xmpp/xep/store_reply.h"

namespace xmpp::xep {
namespace {

constexpr base::Bytes kNamespace = "urn:xmpp:mam:2";
constexpr base::Bytes kDefaults[] = {"always", "never", "roster"};  // as im::ArchiveDefault

std::string write_preferences(const im::ArchivePreferences& wish) {
  std::string xml = "<prefs";
  xml::write_attribute("xmlns", kNamespace, xml);
  xml::write_attribute("default", kDefaults[static_cast<size_t>(wish.by_default)], xml);
  xml += "><always>";
  for (const std::string& jid : wish.always) xml::write_text_element("jid", jid, xml);
  xml += "</always><never>";
  for (const std::string& jid : wish.never) xml::write_text_element("jid", jid, xml);
  xml += "</never></prefs>";
  return xml;
}

void get(Request& request) {
  if (request.user->archive != nullptr) {
    return request.result(write_preferences(*request.user->archive));
  }
  im::ArchivePreferences none;
  none.by_default = request.options.im->archive_default;
  request.result(write_preferences(none));
}

// Adds the JIDs of <always/> or <never/>, normalised.
std::optional<im::ErrorCondition> read_jids(const xml::Element& list,
                                            std::vector<std::string>& out) {
  std::string scratch;
  for (xml::Element item = list.first_child(); item; item = item.next_sibling()) {
    if (!item.is("jid", kNamespace)) return im::ErrorCondition::bad_request;
    const std::string text = item.text();
    jid::JidView jid;
    if (!jid::parse(text, scratch, jid)) return im::ErrorCondition::jid_malformed;
    out.emplace_back(jid.full());
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return {};
}

std::optional<im::ErrorCondition> read_preferences(const Request& request,
                                                   im::ArchivePreferences& out) {
  const base::Bytes* by_default =
      std::find(std::begin(kDefaults), std::end(kDefaults), request.payload.attribute("default"));
  if (by_default == std::end(kDefaults)) return im::ErrorCondition::bad_request;
  out.by_default = static_cast<im::ArchiveDefault>(by_default - std::begin(kDefaults));
  for (xml::Element e = request.payload.first_child(); e; e = e.next_sibling()) {
    const bool always = e.is("always", kNamespace);
    if (!always && !e.is("never", kNamespace)) return im::ErrorCondition::bad_request;
    if (const auto refusal = read_jids(e, always ? out.always : out.never)) return refusal;
  }
  if (out.always.size() + out.never.size() > request.options.im->archive_preferences_max) {
    trace::count(trace::Counter::archive_preferences_full);
    return im::ErrorCondition::resource_constraint;
  }
  return {};
}

void answer_set(const ReplyAddress& reply, im::StoreRequest& answer, im::Realm& realm,
                engine::Turn& turn) {
  if (answer.status != im::StoreStatus::ok) {
    return send_error(reply, error_of(answer.status), realm, turn);
  }
  im::ArchivePreferences& wish = *answer.account.archive;
  send_result(reply, write_preferences(wish), realm, turn);
  if (im::User* user = realm.find_user(answer.user)) {
    user->archive = std::make_unique<im::ArchivePreferences>(std::move(wish));
  }
}

void set(Request& request) {
  auto question =
      store_request(im::StoreKind::save_archive_preferences, request.user->bare_jid.view());
  if (const auto refusal = read_preferences(request, question->account.archive.emplace())) {
    return request.error(*refusal);
  }
  ask(request, std::move(question), answer_set);
}

bool is_on(const Options& options) { return options.im->archive_enabled; }

constexpr uint8_t kSelf = static_cast<uint8_t>(To::self);
constexpr Hook kHooks[] = {
    {IqKind::get, kSelf, "prefs", kNamespace, get},
    {IqKind::set, kSelf, "prefs", kNamespace, set},
};

}  // namespace

constinit const Feature archive_preferences{.xep = 441,
                                            .title = "Message Archive Management Preferences",
                                            .version = "0.2.0",
                                            .hooks = kHooks,
                                            .enabled = is_on};

}  // namespace xmpp::xep
