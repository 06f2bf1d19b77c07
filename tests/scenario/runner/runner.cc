#include "tests/scenario/runner/runner.h"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <utility>
#include <vector>

namespace scenario {
namespace {

std::string role_of(const std::string& label) { return label.substr(0, label.find('/')); }

std::string resource_of(const std::string& label) {
  const size_t slash = label.find('/');
  return slash == std::string::npos ? std::string() : label.substr(slash + 1);
}

void replace_all(std::string& text, const std::string& what, const std::string& with) {
  for (size_t at = text.find(what); at != std::string::npos;
       at = text.find(what, at + with.size())) {
    text.replace(at, what.size(), with);
  }
}

// Roles that a text speaks of without their being clients: "$mercutio_bare".
void find_roles(const std::string& text, std::set<std::string>& out) {
  for (size_t at = text.find('$'); at != std::string::npos; at = text.find('$', at + 1)) {
    size_t end = at + 1;
    while (end < text.size() && std::islower(static_cast<unsigned char>(text[end]))) ++end;
    const std::string role = text.substr(at + 1, end - at - 1);
    if (!role.empty() && end < text.size() && text[end] == '_') out.insert(role);
  }
}

bool is_own_presence(const Tree& element, const Client& client) {
  return element.name.second == "presence" && element.attribute("from") == client.full_jid();
}

}  // namespace

Runner::Runner(Wire& wire, RunnerOptions options, base::Random& random)
    : wire_(wire), options_(std::move(options)), random_(random) {}

Outcome Runner::run_file(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  Script script;
  std::string error;
  if (!file) return {false, false, "cannot be read"};
  if (!parse_script(text.str(), script, error)) return {false, false, error};
  return run(script);
}

Outcome Runner::run(const Script& script) {
  for (const std::string& need : script.needs) {
    if (options_.switched_on.count(need) == 0) return {true, true, "needs " + need};
  }
  clients_.clear();
  accounts_.clear();
  variables_.clear();
  captures_.clear();
  try {
    prepare(script);
  } catch (const Failure& failure) {
    return {false, false, "while accounts are made: " + failure.what};
  }
  for (const Step& step : script.steps) {
    try {
      play(step);
    } catch (const Failure& failure) {
      return {false, false,
              "line " + std::to_string(step.line) + ": " + step.client + ": " + failure.what};
    }
  }
  clients_.clear();
  return {true, false, {}};
}

void Runner::prepare(const Script& script) {
  std::set<std::string> roles;
  for (const Step& step : script.steps) {
    roles.insert(role_of(step.client));
    if (!step.other.empty()) roles.insert(role_of(step.other));
    find_roles(step.text, roles);
  }
  variables_["$host"] = options_.domain;
  for (const std::string& role : roles) add_account(role);
}

void Runner::add_account(const std::string& role) {
  Account account;
  account.user = role + '-';
  random_.token(4, account.user);
  random_.token(8, account.password);
  account.domain = options_.domain;
  if (!wire_.create_account(account.user, account.password)) {
    Client(wire_, account, "", random_).register_account();
  }
  variables_['$' + role + "_bare"] = account.bare();
  variables_['$' + role + "_user"] = account.user;
  variables_['$' + role + "_password"] = account.password;
  accounts_[role] = std::move(account);
}

Client& Runner::client(const std::string& label) {
  std::unique_ptr<Client>& slot = clients_[label];
  if (slot == nullptr) {
    slot =
        std::make_unique<Client>(wire_, accounts_.at(role_of(label)), resource_of(label), random_);
  }
  return *slot;
}

void Runner::learn(const std::string& label, const Client& client) {
  std::string name = label;
  std::replace(name.begin(), name.end(), '/', '_');
  variables_['$' + name + "_full"] = client.full_jid();
  variables_['$' + name + "_resource"] = client.full_jid().substr(client.full_jid().find('/') + 1);
}

std::string Runner::filled_in(const std::string& text) const {
  std::vector<std::pair<std::string, std::string>> longest_first(variables_.begin(),
                                                                 variables_.end());
  std::sort(longest_first.begin(), longest_first.end(),
            [](const auto& a, const auto& b) { return a.first.size() > b.first.size(); });
  std::string out = text;
  for (const auto& [name, value] : longest_first) replace_all(out, name, value);
  return out;
}

void Runner::play(const Step& step) {
  if (step.verb == Verb::befriend) return befriend(step.client, step.other);
  Client& who = client(step.client);
  switch (step.verb) {
    case Verb::connects:
      who.log_in();
      who.bind();
      return learn(step.client, who);
    case Verb::opens:
      return who.open();
    case Verb::logs_in:
      return who.log_in();
    case Verb::goes_online: {
      who.send("<presence/>");
      const Tree reflection = who.next();
      if (is_own_presence(reflection, who)) return;
      throw Failure{"instead of its own presence comes " + print(reflection)};
    }
    case Verb::sends: {
      std::string text = filled_in(step.text);
      for (const auto& [name, value] : captures_) replace_all(text, '{' + name + '}', value);
      return who.send(text);
    }
    case Verb::receives:
      return receive(who, step);
    case Verb::receives_any_order:
      return receive_any_order(who, step);
    case Verb::receives_nothing:
      return receive_nothing(who);
    case Verb::forgets:
      settle();
      who.received.clear();
      return;
    case Verb::disconnects:
      return who.disconnect();
    case Verb::loses_connection:
      return who.cut();
    case Verb::resumes:
      return who.resume();
    case Verb::is_disconnected:
      return who.await_end();
    case Verb::befriend:
      break;
  }
}

void Runner::receive(Client& who, const Step& step) {
  std::vector<Tree> expected;
  std::string error;
  if (!parse_fragment(filled_in(step.text), expected, error)) throw Failure{error};
  if (expected.empty()) throw Failure{"no element is named that should come"};
  for (const Tree& wanted : expected) {
    const Tree actual = who.next();
    std::string why;
    const Unstated unstated{who.full_jid(), who.account().bare()};
    if (match(wanted, actual, unstated, captures_, why)) continue;
    throw Failure{why + "\n    came: " + print(actual) + "\n    not:  " + print(wanted)};
  }
}

void Runner::receive_any_order(Client& who, const Step& step) {
  std::vector<Tree> expected;
  std::string error;
  if (!parse_fragment(filled_in(step.text), expected, error)) throw Failure{error};
  if (expected.empty()) throw Failure{"no element is named that should come"};
  while (!expected.empty()) {
    const Tree actual = who.next();
    const Unstated unstated{who.full_jid(), who.account().bare()};
    std::string why;
    const auto found = std::find_if(expected.begin(), expected.end(), [&](const Tree& wanted) {
      return match(wanted, actual, unstated, captures_, why);
    });
    if (found == expected.end()) throw Failure{"none of these: " + print(actual) + "; " + why};
    expected.erase(found);
  }
}

// Everything that was under way when this began has arrived when it ends. A question to the store
// and one to the host, from every client, twice: what one client caused has then passed its own
// shard, its account's store queue and the mailboxes between the shards. No clock is involved.
void Runner::settle() {
  for (int round = 0; round < 3; ++round) {
    for (auto& [label, who] : clients_) {
      if (!who->bound()) continue;
      const std::string stored = who->barrier_id();
      const std::string pinged = who->barrier_id();
      who->send("<iq type='get' id='" + stored + "'><vCard xmlns='vcard-temp'/></iq>");
      who->send("<iq type='get' id='" + pinged + "' to='" + options_.domain +
                "'><ping xmlns='urn:xmpp:ping'/></iq>");
      who->await_iq(stored);
      who->await_iq(pinged);
    }
  }
}

void Runner::receive_nothing(Client& who) {
  settle();
  if (who.received.empty()) return;
  throw Failure{"instead of nothing comes " + print(who.received.front())};
}

void Runner::subscribe(Client& from, Client& to) {
  from.send("<presence type='subscribe' to='" + to.account().bare() + "'/>");
  settle();
  to.send("<presence type='subscribed' to='" + from.account().bare() + "'/>");
  settle();
}

void Runner::befriend(const std::string& first, const std::string& second) {
  Client& a = client(first + "/befriending");
  Client& b = client(second + "/befriending");
  for (Client* who : {&a, &b}) {
    who->log_in();
    who->bind();
  }
  subscribe(a, b);
  subscribe(b, a);
  for (Client* who : {&a, &b}) who->disconnect();
  clients_.erase(first + "/befriending");
  clients_.erase(second + "/befriending");
}

}  // namespace scenario
