#include "protocols/sip/dialog/dialog.h"

#include <array>
#include <utility>

#include "engine/base/check.h"
#include "engine/trace/counters.h"
#include "protocols/sip/message/uri.h"

namespace sip {
namespace {

using base::Bytes;

bool refuse() {
  trace::count(trace::Counter::sip_dialogs_refused);
  return false;
}

// Record-Route as it came (we answer), or from behind (we have asked). Each is written again from
// its URI and parameters, so that nothing but addresses gets into our requests.
bool read_routes(const Message& message, bool from_behind, std::string& out) {
  std::array<Address, kRoutesMax> routes;
  size_t count = 0;
  ListReader list(message, HeaderId::record_route);
  Address one;
  Read read;
  while ((read = next_address(list, one)) == Read::ok) {
    if (count == kRoutesMax) return false;
    routes[count++] = one;
  }
  if (read == Read::malformed) return false;
  for (size_t i = 0; i < count; ++i) {
    const Address& route = routes[from_behind ? count - 1 - i : i];
    if (!out.empty()) out.append(", ");
    out.append("<").append(route.uri).append(">");
  }
  return true;
}

// "<uri>;tag=…": names for people are not repeated.
void set_party(Bytes uri, Bytes tag, std::string& out) {
  out.assign("<").append(uri).append(">");
  if (!tag.empty()) out.append(";tag=").append(tag);
}

bool within_limit(const Dialog& dialog) {
  return dialog.call_id.size() + dialog.local.size() + dialog.remote.size() +
             dialog.remote_target.size() + dialog.routes.size() <=
         kDialogBytesMax;
}

// What both ways of making one share; the tags are in `out` already.
bool fill(const Message& message, const Essentials& essentials, bool we_asked, Dialog& out) {
  Contact contact;
  if (read_only_contact(message, contact) != Read::ok) return refuse();
  if (!read_routes(message, we_asked, out.routes)) return refuse();
  const Address& ours = we_asked ? essentials.from : essentials.to;
  const Address& theirs = we_asked ? essentials.to : essentials.from;
  out.call_id = essentials.call_id;
  out.remote_target = contact.address.uri;
  set_party(ours.uri, out.local_tag, out.local);
  set_party(theirs.uri, out.remote_tag, out.remote);
  return within_limit(out) || refuse();
}

// §12.2 and RFC 6665 §4.4.1: those whose Contact moves the remote target.
bool refreshes_target(Method method) {
  return method == Method::invite || method == Method::update || method == Method::subscribe ||
         method == Method::notify;
}

}  // namespace

bool accept_dialog(const Message& request, const Essentials& essentials, Bytes tag, Dialog& out) {
  CHECK(request.is_request() && !tag.empty());
  out = Dialog();
  out.local_tag = tag;
  out.remote_tag = essentials.from.tag;
  out.remote_cseq = essentials.cseq.number;
  out.has_remote_cseq = true;
  return fill(request, essentials, false, out);
}

bool answered_dialog(const Message& response, const Essentials& essentials, Dialog& out) {
  CHECK(!response.is_request());
  out = Dialog();
  out.local_tag = essentials.from.tag;
  out.remote_tag = essentials.to.tag;
  out.local_cseq = essentials.cseq.number;
  return fill(response, essentials, true, out);
}

bool is_in(const Dialog& dialog, const Essentials& request) {
  return dialog.local_tag == request.to.tag && dialog.remote_tag == request.from.tag &&
         dialog.call_id == request.call_id;
}

Order take_request(Dialog& dialog, const Message& request, const Essentials& essentials) {
  CHECK(is_in(dialog, essentials));
  // An ACK and a CANCEL have the number of what they belong to.
  const bool borrowed = request.method() == Method::ack || request.method() == Method::cancel;
  const uint32_t number = essentials.cseq.number;
  if (dialog.has_remote_cseq) {
    const bool stale = borrowed ? number < dialog.remote_cseq : number <= dialog.remote_cseq;
    if (stale) return Order::stale;
  }
  dialog.remote_cseq = number;
  dialog.has_remote_cseq = true;
  Contact contact;
  if (!refreshes_target(request.method())) return Order::next;
  if (read_only_contact(request, contact) != Read::ok) return Order::next;
  const std::string before = std::exchange(dialog.remote_target, contact.address.uri);
  if (!within_limit(dialog)) {
    dialog.remote_target = before;
    refuse();
  }
  return Order::next;
}

void fill_request(Dialog& dialog, Bytes method, std::string& scratch, Request& out) {
  CHECK(dialog.local_cseq < kCSeqMax);
  out.method = method;
  out.cseq = ++dialog.local_cseq;
  out.call_id = dialog.call_id;
  out.from = dialog.local;
  out.to = dialog.remote;
  out.uri = dialog.remote_target;
  out.route = dialog.routes;
  if (dialog.routes.empty()) return;
  ListReader list{Bytes(dialog.routes)};
  Address first;
  const Read read = next_address(list, first);
  CHECK(read == Read::ok);  // we have written it
  Uri uri;
  if (parse_uri(first.uri, uri) && has_uri_parameter(uri, "lr")) return;
  // A strict router: it becomes the Request-URI, and the target comes last (§12.2.1.1).
  scratch.clear();
  while (next_address(list, first) == Read::ok) {
    scratch.append("<").append(first.uri).append(">, ");
  }
  scratch.append("<").append(dialog.remote_target).append(">");
  const size_t end = dialog.routes.find('>');
  out.uri = Bytes(dialog.routes).substr(1, end - 1);
  out.route = scratch;
}

void fill_ack(Dialog& dialog, uint32_t invite, std::string& scratch, Request& out) {
  CHECK(invite > 0);
  const uint32_t last = std::exchange(dialog.local_cseq, invite - 1);
  fill_request(dialog, "ACK", scratch, out);
  dialog.local_cseq = last;
}

}  // namespace sip
