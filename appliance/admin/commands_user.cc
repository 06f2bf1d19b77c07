// Commands about accounts and their sessions.
#include <algorithm>

#include "appliance/admin/commands.h"
#include "protocols/jid/jid.h"

namespace appliance::commands {
namespace {

// Asks the store about one account and turns its status into words.
std::optional<Failure> ask_about(CommandCall& call, im::StoreKind kind, const std::string& bare,
                                 const std::string& text) {
  auto request = std::make_unique<im::StoreRequest>();
  request->kind = kind;
  request->user = bare;
  request->text = text;
  const auto answer = call.control.ask(std::move(request));
  if (!answer) return Failure{"failed", answer.error().what};
  switch ((*answer)->status) {
    case im::StoreStatus::ok:
      return std::nullopt;
    case im::StoreStatus::exists:
      return Failure{"exists", bare + " exists already"};
    case im::StoreStatus::not_found:
      return Failure{"not-found", "there is no account " + bare};
    default:
      return Failure{"failed", "the database refused; its log lines say why"};
  }
}

std::optional<Failure> set_secret(CommandCall& call, im::StoreKind kind) {
  std::string bare;
  if (auto failure = account_address(call.request.argument("jid"), call.control, bare)) {
    return failure;
  }
  constexpr size_t kPasswordBytesMax = 1023;
  const std::string& typed = call.request.argument("password");
  std::string password;
  if (typed.size() > kPasswordBytesMax || !jid::prepare_password(typed, password)) {
    return Failure{"usage", "the password is too long, or has characters it may not have"};
  }
  if (auto failure = ask_about(call, kind, bare, password)) return failure;
  call.out.member("jid", bare);
  return std::nullopt;
}

}  // namespace

std::optional<Failure> account_address(const std::string& text, Control& control,
                                       std::string& bare) {
  const std::vector<std::string> domains = control.domains();
  const std::string whole =
      text.find('@') == std::string::npos ? text + "@" + domains.front() : text;
  std::string scratch;
  jid::JidView address;
  if (!jid::parse(whole, scratch, address) || !address.has_local() || address.has_resource()) {
    return Failure{"usage", "\"" + text + "\" is not an account's address (name@domain)"};
  }
  if (std::find(domains.begin(), domains.end(), address.domain()) == domains.end()) {
    return Failure{"usage", std::string(address.domain()) + " is not a domain of this node"};
  }
  bare = address.bare();
  return std::nullopt;
}

std::optional<Failure> user_add(CommandCall& call) {
  return set_secret(call, im::StoreKind::create_account);
}

std::optional<Failure> user_passwd(CommandCall& call) {
  return set_secret(call, im::StoreKind::set_password);
}

std::optional<Failure> user_delete(CommandCall& call) {
  std::string bare;
  if (auto failure = account_address(call.request.argument("jid"), call.control, bare)) {
    return failure;
  }
  if (auto failure = ask_about(call, im::StoreKind::delete_account, bare, "")) return failure;
  const auto ended = call.control.end_sessions(bare);
  if (!ended) return Failure{"failed", "deleted, but " + ended.error().what};
  call.out.member("jid", bare).member("sessions_ended", *ended);
  return std::nullopt;
}

std::optional<Failure> user_list(CommandCall& call) {
  const auto users = call.control.users();
  if (!users) return Failure{"failed", users.error().what};
  call.out.key("users").begin_array();
  for (const std::string& user : *users) call.out.text(user);
  call.out.end_array();
  return std::nullopt;
}

std::optional<Failure> session_list(CommandCall& call) {
  std::string bare;
  if (const std::string& only = call.request.argument("jid"); !only.empty()) {
    if (auto failure = account_address(only, call.control, bare)) return failure;
  }
  const auto sessions = call.control.sessions();
  if (!sessions) return Failure{"failed", sessions.error().what};
  call.out.key("sessions").begin_array();
  for (const SessionRow& row : *sessions) {
    if (!bare.empty() && !row.jid.starts_with(bare + "/")) continue;
    call.out.begin_object()
        .member("jid", row.jid)
        .member("address", row.address)
        .member("since", row.since)
        .member("tls", row.tls)
        .member("mechanism", row.mechanism)
        .flag("available", row.available)
        .member("priority", row.priority)
        .flag("inactive", row.inactive)
        .member("stream_management", row.stream_management)
        .member("unacked", row.unacked)
        .member("shard", row.shard)
        .end_object();
  }
  call.out.end_array();
  return std::nullopt;
}

std::optional<Failure> session_kick(CommandCall& call) {
  const std::string& text = call.request.argument("jid");
  const size_t slash = text.find('/');
  std::string jid;
  if (auto failure = account_address(text.substr(0, slash), call.control, jid)) return failure;
  if (slash != std::string::npos) {
    jid += '/';
    if (!jid::prepare_resource(base::Bytes(text).substr(slash + 1), jid)) {
      return Failure{"usage", "\"" + text + "\" is not a session's address (name@domain/resource)"};
    }
  }
  const auto ended = call.control.end_sessions(jid);
  if (!ended) return Failure{"failed", ended.error().what};
  if (*ended == 0) return Failure{"not-found", "nobody is connected as " + jid};
  call.out.member("jid", jid).member("sessions_ended", *ended);
  return std::nullopt;
}

}  // namespace appliance::commands
