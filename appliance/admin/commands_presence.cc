// Commands about what users are and about the SIP peers that say so.
#include "appliance/admin/commands.h"

namespace appliance::commands {

std::optional<Failure> presence_show(CommandCall& call) {
  std::string bare;
  if (auto failure = account_address(call.request.argument("jid"), call.control, bare)) {
    return failure;
  }
  auto question = std::make_unique<im::StoreRequest>();
  question->kind = im::StoreKind::load_credentials;
  question->user = bare;
  const auto answer = call.control.ask(std::move(question));
  if (!answer) return Failure{"failed", answer.error().what};
  if ((*answer)->status == im::StoreStatus::not_found) {
    return Failure{"not-found", "there is no account " + bare};
  }
  const auto sight = call.control.presence(bare);
  if (!sight) return Failure{"failed", sight.error().what};
  call.out.member("jid", bare)
      .member("state", sight->state)
      .member("because", sight->claim)
      .member("activities", sight->activities)
      .member("note", sight->note)
      .member("version", sight->version)
      .flag("in_memory", sight->in_memory);
  call.out.key("sources").begin_array();
  for (const PresenceSource& one : sight->sources) {
    call.out.begin_object()
        .member("kind", one.kind)
        .member("name", one.name)
        .member("claim", one.claim)
        .flag("decides", one.decides)
        .member("activities", one.activities)
        .member("note", one.note)
        .member("expires", one.expires)
        .end_object();
  }
  call.out.end_array().key("watchers").begin_array();
  for (const PresenceWatcher& one : sight->watchers) {
    call.out.begin_object()
        .member("jid", one.jid)
        .member("by", one.by)
        .member("what", one.what)
        .member("state", one.state)
        .member("expires", one.expires)
        .end_object();
  }
  call.out.end_array();
  return std::nullopt;
}

std::optional<Failure> sip_peers(CommandCall& call) {
  const auto peers = call.control.sip_peers();
  if (!peers) return Failure{"failed", peers.error().what};
  call.out.key("peers").begin_array();
  for (const SipPeerRow& row : *peers) {
    call.out.begin_object()
        .member("peer", row.peer)
        .member("transport", row.transport)
        .member("address", row.address)
        .member("state", row.state)
        .member("connections", row.connections)
        .member("waiting", row.waiting)
        .flag("publishes", row.publishes)
        .flag("watches", row.watches)
        .flag("proxied", row.proxied)
        .end_object();
  }
  call.out.end_array();
  return std::nullopt;
}

}  // namespace appliance::commands
