// XEP-0313: Message Archive Management. A query is checked here and becomes an im::ArchiveQuery;
// the archive (appliance/store/archive) finds the page, which goes to the asking resource alone:
// result by result, then <fin/>. One's own archive only: whoever sees the account is told that
// another's is forbidden, to a stranger it looks like an account that does not exist.
//
// Messages with a <result/> that other clients make up are passed on: they are theirs by their
// `from`, which we stamp, and ours come from the bare JID, which no client can send from (§9.2).
#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "engine/base/datetime.h"
#include "engine/trace/counters.h"
#include "protocols/jid/jid.h"
#include "protocols/xml/writer.h"
#include "protocols/xmpp/feature.h"
#include "protocols/xmpp/forwarded.h"
#include "protocols/xmpp/xep/data_form.h"
#include "protocols/xmpp/xep/result_set.h"
#include "protocols/xmpp/xep/store_reply.h"

namespace xmpp::xep {
namespace {

using im::ErrorCondition;
using trace::Counter;

constexpr base::Bytes kNamespace = "urn:xmpp:mam:2";
constexpr size_t kIdsMax = 250;  // of the field `ids`
// What a page may be of what a session may hold unacknowledged: two pages fit into the half of it
// beyond which nothing more is sent (im::Resource::congested).
constexpr uint32_t kPagePart = 8;

// Why a query is refused, if it is.
using Refusal = std::optional<ErrorCondition>;

Refusal read_id(const std::string& text, std::optional<im::MessageId>& out) {
  // What cannot be an id of ours is not in the archive either (§4.1.3).
  return im::parse(text, out.emplace()) ? Refusal() : ErrorCondition::item_not_found;
}

Refusal read_ids(const std::vector<std::string>& texts, std::vector<im::MessageId>& out) {
  if (texts.size() > kIdsMax) {
    trace::count(Counter::archive_ids_too_many);
    return ErrorCondition::not_acceptable;
  }
  for (const std::string& text : texts) {
    if (!im::parse(text, out.emplace_back())) return ErrorCondition::item_not_found;
  }
  return {};
}

Refusal read_single(const std::string& name, const std::string& value, im::ArchiveQuery& out) {
  if (name == "before-id") return read_id(value, out.before_id);
  if (name == "after-id") return read_id(value, out.after_id);
  if (name == "with") {
    std::string scratch;
    jid::JidView jid;
    if (!jid::parse(value, scratch, jid)) return ErrorCondition::jid_malformed;
    out.with = jid.full();
    return {};
  }
  if (name == "start" || name == "end") {
    const bool read = base::parse_datetime(value, name == "start" ? out.start : out.end);
    return read ? Refusal() : ErrorCondition::bad_request;
  }
  // §4.1.4: understood, but there are none in an account's archive either way.
  const bool boolean = value == "true" || value == "false" || value == "1" || value == "0";
  return boolean ? Refusal() : ErrorCondition::bad_request;
}

Refusal read_filters(const xml::Element& x, im::ArchiveQuery& out) {
  static constexpr base::Bytes kSingle[] = {"with",      "start",    "end",
                                            "before-id", "after-id", "include-groupchat"};
  if (!x) return {};
  SubmittedForm form;
  if (!read_form(x, form) || form.form_type != kNamespace) return ErrorCondition::bad_request;
  for (const SubmittedForm::Field& field : form.fields) {
    Refusal refusal;
    if (field.variable == "ids") {
      refusal = read_ids(field.values, out.ids);
    } else if (std::find(std::begin(kSingle), std::end(kSingle), field.variable) ==
               std::end(kSingle)) {
      refusal = ErrorCondition::feature_not_implemented;  // §4.1.5
    } else if (field.values.size() > 1) {
      refusal = ErrorCondition::bad_request;
    } else if (!field.values.empty()) {
      refusal = read_single(field.variable, field.values.front(), out);
    }
    if (refusal) return refusal;
  }
  return {};
}

Refusal read_page(const xml::Element& set, const Options& options, im::ArchiveQuery& out) {
  ResultSetRequest wanted;
  if (!read_result_set(set, wanted)) return ErrorCondition::bad_request;
  if (wanted.by_index) return ErrorCondition::feature_not_implemented;  // XEP-0059 §2.6
  if (wanted.after && !wanted.after->empty()) {
    if (const Refusal refusal = read_id(*wanted.after, out.after)) return refusal;
  }
  out.backward = wanted.before.has_value();
  if (out.backward && !wanted.before->empty()) {
    if (const Refusal refusal = read_id(*wanted.before, out.before)) return refusal;
  }
  const uint32_t most =
      std::min(options.archive_page_max, std::max(1u, options.unacked_stanzas_max / kPagePart));
  out.max = std::min(wanted.max.value_or(most), most);
  out.bytes = std::max(1u, options.unacked_bytes_max / kPagePart);
  return {};
}

Refusal read_query(const Request& request, im::ArchiveQuery& out) {
  const xml::Element& query = request.payload;
  if (query.has_attribute("node")) return ErrorCondition::item_not_found;  // of pubsub's archives
  if (const Refusal refusal = read_filters(query.child("x", kDataForms), out)) return refusal;
  if (const Refusal refusal = read_page(query.child("set", kResultSets), request.options, out)) {
    return refusal;
  }
  out.flip = static_cast<bool>(query.child("flip-page", kNamespace));
  return {};
}

void deliver_result(const im::ArchivedMessage& found, base::Bytes query_id, im::Resource& to,
                    engine::Turn& turn) {
  im::Stanza original;
  if (!im::unpack(found.stanza, original)) {
    trace::count(Counter::archive_unreadable);
    return;
  }
  std::string xml = "<result";
  xml::write_attribute("xmlns", kNamespace, xml);
  if (!query_id.empty()) xml::write_attribute("queryid", query_id, xml);
  xml::write_attribute("id", im::text_of(found.id), xml);
  xml += '>';
  write_forwarded(original, {}, found.when, xml);
  xml += "</result>";
  im::Stanza result;
  result.kind = im::StanzaKind::message;
  result.from = to.jid().bare_jid();
  result.to = to.jid();
  result.payload = xml;
  result.facts.urgent = true;          // somebody waits for it, inactive or not (XEP-0352)
  result.facts.carbon_wrapped = true;  // a copy, which nobody else is given if this client goes
  to.deliver(result, turn);
}

std::string fin(const im::ArchiveQuery& found, base::Bytes query_id) {
  std::string xml = "<fin";
  xml::write_attribute("xmlns", kNamespace, xml);
  if (!query_id.empty()) xml::write_attribute("queryid", query_id, xml);
  if (found.complete) xml += " complete='true'";
  if (!found.stable) xml += " stable='false'";
  xml += '>';
  ResultSet set;
  set.count = found.count;
  if (!found.page.empty()) {
    set.first = im::text_of(found.page.front().id);
    set.last = im::text_of(found.page.back().id);
  }
  write(set, xml);
  xml += "</fin>";
  return xml;
}

// The client that asked; null if it has gone, and then nobody is to be told.
im::Resource* asker(const ReplyAddress& reply, const im::StoreRequest& answer, im::Realm& realm) {
  im::User* user = realm.find_user(answer.user);
  return user == nullptr ? nullptr : user->find(jid::JidView::trusted(reply.to).resource());
}

void answer_query(const ReplyAddress& reply, im::StoreRequest& answer, im::Realm& realm,
                  engine::Turn& turn) {
  im::Resource* resource = asker(reply, answer, realm);
  if (resource == nullptr) return;
  if (answer.status != im::StoreStatus::ok) {
    return send_error(reply, error_of(answer.status), realm, turn);
  }
  if (resource->congested()) {  // it has not taken what it was sent before
    trace::count(Counter::archive_pages_congested);
    return send_error(reply, ErrorCondition::resource_constraint, realm, turn);
  }
  const im::ArchiveQuery& found = *answer.archive;
  const size_t size = found.page.size();
  for (size_t i = 0; i < size; ++i) {
    deliver_result(found.page[found.flip ? size - 1 - i : i], answer.key, *resource, turn);
  }
  send_result(reply, fin(found, answer.key), realm, turn);
}

std::unique_ptr<im::StoreRequest> question(im::StoreKind kind, const Request& request) {
  auto asked = store_request(kind, request.user->bare_jid.view());
  asked->number = request.turn.journal.fed_to();  // what the client has said is to be found
  asked->archive = std::make_unique<im::ArchiveQuery>();
  return asked;
}

void query(Request& request) {
  if (asking_resource(request) == nullptr) {
    return request.error(ErrorCondition::unexpected_request);
  }
  auto asked = question(im::StoreKind::query_archive, request);
  if (const Refusal refusal = read_query(request, *asked->archive)) {
    trace::count(Counter::archive_queries_refused);
    return request.error(*refusal);
  }
  asked->key = request.payload.attribute("queryid");
  ask(request, std::move(asked), answer_query);
}

void answer_metadata(const ReplyAddress& reply, im::StoreRequest& answer, im::Realm& realm,
                     engine::Turn& turn) {
  if (answer.status != im::StoreStatus::ok) {
    return send_error(reply, error_of(answer.status), realm, turn);
  }
  const auto write_end = [](base::Bytes name, const im::ArchivedMessage& message,
                            std::string& xml) {
    xml.append("<").append(name);
    xml::write_attribute("id", im::text_of(message.id), xml);
    xml += " timestamp='";
    base::format_datetime(message.when, base::Fraction::microseconds, xml);
    xml += "'/>";
  };
  std::string xml = "<metadata xmlns='urn:xmpp:mam:2'>";
  if (!answer.archive->page.empty()) {
    write_end("start", answer.archive->page.front(), xml);
    write_end("end", answer.archive->page.back(), xml);
  }
  xml += "</metadata>";
  send_result(reply, xml, realm, turn);
}

void metadata(Request& request) {
  ask(request, question(im::StoreKind::archive_metadata, request), answer_metadata);
}

void form(Request& request) {
  request.result(
      "<query xmlns='urn:xmpp:mam:2'><x xmlns='jabber:x:data' type='form'>"
      "<field type='hidden' var='FORM_TYPE'><value>urn:xmpp:mam:2</value></field>"
      "<field type='jid-single' var='with'/>"
      "<field type='text-single' var='start'/>"
      "<field type='text-single' var='end'/>"
      "<field type='text-single' var='before-id'/>"
      "<field type='text-single' var='after-id'/>"
      "<field type='list-multi' var='ids'>"
      "<validate xmlns='http://jabber.org/protocol/xdata-validate' datatype='xs:string'>"
      "<open/></validate></field>"
      "<field type='boolean' var='include-groupchat'/>"
      "</x></query>");
}

void refuse(Request& request) {
  trace::count(Counter::archive_queries_refused);
  request.error(sees_presence(request) ? ErrorCondition::forbidden
                                       : ErrorCondition::service_unavailable);
}

bool is_on(const Options& options) { return options.im->archive_enabled; }

constexpr base::Bytes kDisco[] = {kNamespace, "urn:xmpp:mam:2#extended",
                                  "urn:xmpp:mam:2#groupchat-field"};
constexpr uint8_t kSelf = static_cast<uint8_t>(To::self);
constexpr uint8_t kOther = static_cast<uint8_t>(To::other);
constexpr Hook kHooks[] = {
    {IqKind::get, kSelf, "query", kNamespace, form},
    {IqKind::set, kSelf, "query", kNamespace, query},
    {IqKind::get, kSelf, "metadata", kNamespace, metadata},
    {IqKind::get, kOther, "query", kNamespace, refuse},
    {IqKind::set, kOther, "query", kNamespace, refuse},
    {IqKind::get, kOther, "metadata", kNamespace, refuse},
};

}  // namespace

constinit const Feature message_archive{.xep = 313,
                                        .title = "Message Archive Management",
                                        .version = "1.1.3",
                                        .note = "of accounts, with `#extended`; no groupchat",
                                        .disco_account = kDisco,
                                        .hooks = kHooks,
                                        .enabled = is_on};

}  // namespace xmpp::xep
