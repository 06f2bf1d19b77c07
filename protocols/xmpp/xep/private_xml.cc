// XEP-0049: Private XML Storage. One's own only: another's is service-unavailable, which is what
// an account that does not exist answers too (no hook for it). Stored under element name and
// namespace; a set is answered once all of it is on disk.
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "engine/base/check.h"
#include "engine/trace/counters.h"
#include "protocols/xml/writer.h"
#include "protocols/xmpp/feature.h"
#include "protocols/xmpp/xep/store_reply.h"

namespace xmpp::xep {
namespace {

constexpr base::Bytes kNamespace = "jabber:iq:private";

// "name namespace": a space can stand in neither.
std::string key_of(const xml::Element& element) {
  std::string key(element.name());
  key += ' ';
  key += element.ns();
  return key;
}

// §3.3: every element stored must be in a namespace of its own.
bool has_own_namespace(const xml::Element& element) {
  return !element.ns().empty() && element.ns() != kNamespace;
}

void answer_get(const ReplyAddress& reply, im::StoreRequest& answer, im::Realm& realm,
                engine::Turn& turn) {
  const bool missing = answer.status == im::StoreStatus::not_found;
  if (answer.status != im::StoreStatus::ok && !missing) {
    return send_error(reply, error_of(answer.status), realm, turn);
  }
  std::string out = "<query xmlns='jabber:iq:private'>";
  if (answer.text.empty()) {  // nothing stored: the empty element that was asked for
    const size_t space = answer.key.find(' ');
    CHECK(space != std::string::npos);
    out += '<';
    out.append(answer.key, 0, space);
    xml::write_attribute("xmlns", base::Bytes(answer.key).substr(space + 1), out);
    out += "/>";
  } else {
    out += answer.text;
  }
  out += "</query>";
  send_result(reply, out, realm, turn);
}

void get(Request& request) {
  const xml::Element wanted = request.payload.first_child();
  if (!wanted || !has_own_namespace(wanted)) {
    return request.error(im::ErrorCondition::not_acceptable);
  }
  if (wanted.next_sibling()) return request.error(im::ErrorCondition::bad_request);
  auto question = store_request(im::StoreKind::load_private, request.user->bare_jid.view());
  question->key = key_of(wanted);
  ask(request, std::move(question), answer_get);
}

// A set of several elements is several writes; the last to be answered answers the client.
struct Writes {
  ReplyAddress reply;
  size_t open = 0;
  im::StoreStatus worst = im::StoreStatus::ok;
};

struct WriteContext final : im::StoreRequest::Context {
  std::shared_ptr<Writes> writes;
  void answered(im::StoreRequest& answer, im::Realm& realm, engine::Turn& turn) override {
    CHECK(writes->open > 0);
    if (answer.status != im::StoreStatus::ok) writes->worst = answer.status;
    if (answer.status == im::StoreStatus::full) {
      trace::count(trace::Counter::private_xml_full);
    }
    if (--writes->open > 0) return;
    answer.status = writes->worst;
    answer_write(writes->reply, answer, realm, turn);
  }
};

void set(Request& request) {
  // Elements of one name and namespace belong together under one key (§3.3).
  std::map<std::string, std::string> values;
  base::Bytes ns;
  for (xml::Element e = request.payload.first_child(); e; e = e.next_sibling()) {
    if (!has_own_namespace(e)) return request.error(im::ErrorCondition::not_acceptable);
    if (!ns.empty() && e.ns() != ns) return request.error(im::ErrorCondition::bad_request);
    ns = e.ns();
    std::string& value = values[key_of(e)];
    e.standalone(value);
    if (value.size() > request.options.private_bytes_max) {
      trace::count(trace::Counter::private_xml_too_big);
      return request.error(im::ErrorCondition::not_acceptable, "the element is too big");
    }
  }
  if (values.empty()) return request.error(im::ErrorCondition::not_acceptable);
  // More than an account may have: not so many questions to the store only to hear that.
  if (values.size() > request.options.private_elements_max) {
    trace::count(trace::Counter::private_xml_full);
    return request.error(im::ErrorCondition::resource_constraint, {});
  }
  auto writes = std::make_shared<Writes>();
  writes->reply = request.later();
  writes->open = values.size();
  for (auto& [key, value] : values) {
    auto question = store_request(im::StoreKind::save_private, request.user->bare_jid.view());
    question->key = key;
    question->text = std::move(value);
    question->number = request.options.private_elements_max;
    auto context = std::make_unique<WriteContext>();
    context->writes = writes;
    question->then = std::move(context);
    request.realm.ask(std::move(question), request.turn);
  }
}

constexpr base::Bytes kDisco[] = {kNamespace};
constexpr Hook kHooks[] = {
    {IqKind::get, static_cast<uint8_t>(To::self), "query", kNamespace, get},
    {IqKind::set, static_cast<uint8_t>(To::self), "query", kNamespace, set},
};

}  // namespace

constinit const Feature private_xml{
    .xep = 49, .title = "Private XML Storage", .version = "1.2", .disco = kDisco, .hooks = kHooks};

}  // namespace xmpp::xep
