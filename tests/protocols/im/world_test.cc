#include "tests/protocols/im/world.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace im_test {

engine::Owner DigitPartition::owner(base::Bytes bare_jid) const {
  const size_t at = bare_jid.find('@');
  const char last = at == base::Bytes::npos || at == 0 ? 'x' : bare_jid[at - 1];
  const int digit = last >= '0' && last <= '9' ? last - '0' : 0;
  return {0, static_cast<engine::ShardId>(digit % shards_)};
}

void FakeStore::answer(im::StoreRequest& request) {
  ++asked[request.kind];
  if (broken.count(request.kind) != 0) {
    request.status = im::StoreStatus::failed;
    return;
  }
  if (request.kind == im::StoreKind::delete_account) {
    request.status =
        accounts.erase(request.user) == 1 ? im::StoreStatus::ok : im::StoreStatus::not_found;
    return;
  }
  const auto found = accounts.find(request.user);
  request.status = found == accounts.end() ? im::StoreStatus::not_found : im::StoreStatus::ok;
  if (found != accounts.end()) about(found->second, request);
}

void FakeStore::about(Account& account, im::StoreRequest& request) {
  switch (request.kind) {
    case im::StoreKind::load_account:
      for (const auto& [jid, contact] : account.contacts) {
        request.account.contacts.push_back(contact);
      }
      request.account.roster_version = account.roster_version;
      request.account.blocked = account.blocked;
      request.account.last_status = account.last_status;
      request.account.last_seen = account.last_seen;
      request.account.offline_count = account.offline.size();
      return;
    case im::StoreKind::save_contacts:
      for (const auto& contact : request.contacts) account.contacts[contact.jid] = contact;
      for (const auto& jid : request.jids) account.contacts.erase(jid);
      account.roster_version = request.number;
      return;
    case im::StoreKind::save_block_list:
      account.blocked = request.jids;
      return;
    case im::StoreKind::save_last_activity:
      account.last_status = request.text;
      account.last_seen = request.wall;
      return;
    case im::StoreKind::append_offline:
      if (account.offline.size() >= request.number) {
        request.status = im::StoreStatus::full;
        return;
      }
      account.offline[next_id_] = {next_id_, request.wall, request.text};
      ++next_id_;
      return;
    case im::StoreKind::load_offline:
      for (auto at = account.offline.upper_bound(request.number);
           at != account.offline.end() && request.offline.size() < request.count; ++at) {
        request.offline.push_back(at->second);
      }
      return;
    case im::StoreKind::delete_offline:
      for (const uint64_t id : request.numbers) account.offline.erase(id);
      return;
    default:
      request.status = im::StoreStatus::failed;
  }
}

namespace {

base::Bytes kind_name(im::StanzaKind kind) {
  return kind == im::StanzaKind::message ? "message"
         : kind == im::StanzaKind::iq    ? "iq"
                                         : "presence";
}

}  // namespace

std::string line(const im::Stanza& stanza) {
  std::string out(kind_name(stanza.kind));
  const base::Bytes type = im::type_name(stanza.type);
  if (!type.empty()) out.append(" ").append(type);
  out.append(" from=").append(stanza.from.full()).append(" to=").append(stanza.to.full());
  if (!stanza.id.empty()) out.append(" id=").append(stanza.id);
  std::string payload(stanza.payload);
  const size_t error = payload.find("'><");
  if (stanza.type == im::StanzaType::error && error != std::string::npos) {  // the condition alone
    const size_t from = error + 3;
    payload = payload.substr(from, payload.find(' ', from) - from);
  }
  if (!payload.empty()) out.append(" ").append(payload);
  return out;
}

Client::~Client() {
  if (user != nullptr) leave();
}

void Client::deliver(const im::Stanza& stanza, engine::Turn&) {
  in.push_back(line(stanza));
  if (stanza.stored_id != 0 || im::needs_custody(stanza)) {
    unconfirmed.push_back({stanza.message_id.number, stanza.stored_id});
    im::pack(stanza, held.emplace_back());
  }
  if (stanza.kind != im::StanzaKind::presence) return;
  const std::string from(stanza.from.full());
  if (stanza.type == im::StanzaType::available) seen[from] = stanza.payload;
  if (stanza.type != im::StanzaType::unavailable) return;
  if (stanza.from.has_resource()) {
    seen.erase(from);
  } else {  // RFC 6121 §4.5.4: all resources
    std::erase_if(seen, [&](const auto& entry) {
      return entry.first.compare(0, from.size() + 1, from + "/") == 0;
    });
  }
}

void Client::push_roster(base::Bytes contact_jid, const im::Contact* contact, uint64_t version,
                         engine::Turn&) {
  std::string text = "push " + std::string(contact_jid);
  if (contact == nullptr) {
    text += " remove";
  } else {
    text.append(" ").append(contact->subscription());
    if (contact->ask) text += " ask";
    if (contact->approved) text += " approved";
    if (!contact->name().empty()) text.append(" name=").append(contact->name());
    for (const base::Bytes group : contact->groups()) text.append(" group=").append(group);
  }
  in.push_back(text + " v" + std::to_string(version));
}

void Client::push_blocking(bool added, const std::vector<std::string>& jids, engine::Turn&) {
  std::string text = added ? "block" : "unblock";
  for (const std::string& jid : jids) {
    text += " " + jid;
    // As clients do: whom they block they do not see. Nobody can block herself.
    if (added && jid != this->jid().bare()) {
      std::erase_if(seen, [&](const auto& entry) {
        return entry.first.compare(0, jid.size() + 1, jid + "/") == 0;
      });
    }
  }
  in.push_back(text);
}

void Client::deliver_carbon(const im::Stanza& original, bool sent, engine::Turn&) {
  in.push_back((sent ? "sent " : "received ") + line(original));
}

void Client::end(im::Farewell why, engine::Turn&) {
  EXPECT_EQ(user, nullptr);
  farewells.push_back(why);
}

void Client::bound(im::BindResult result, engine::Turn&) { binds.push_back(result); }

engine::ShardId Client::shard() const { return world.partition.owner(jid().bare()).shard; }

void Client::send(im::Stanza stanza) {
  stanza.from = jid();
  world.on(shard(), [&](engine::Turn& turn) {
    active_since = turn.now;
    world.realm(shard()).from_client(stanza, *this, turn);
  });
}

void Client::available(int level, base::Bytes payload) {
  if (!im::Resource::available()) seen.clear();
  im::Stanza stanza;
  stanza.kind = im::StanzaKind::presence;
  stanza.type = im::StanzaType::available;
  stanza.priority = static_cast<int16_t>(level);
  stanza.payload = payload;
  send(stanza);
}

void Client::unavailable(base::Bytes status) {
  im::Stanza stanza;
  stanza.kind = im::StanzaKind::presence;
  stanza.type = im::StanzaType::unavailable;
  stanza.status = status;
  send(stanza);
}

void Client::presence(im::StanzaType type, base::Bytes to, base::Bytes payload) {
  im::Stanza stanza;
  stanza.kind = im::StanzaKind::presence;
  stanza.type = type;
  stanza.to = jid::JidView::trusted(to);
  stanza.payload = payload;
  send(stanza);
}

void Client::message(base::Bytes to, base::Bytes text, im::StanzaType type, im::Facts facts) {
  im::Stanza stanza;
  stanza.type = type;
  stanza.facts = facts;
  stanza.to = jid::JidView::trusted(to);
  stanza.payload = text;
  send(stanza);
}

void Client::iq(im::StanzaType type, base::Bytes to, base::Bytes id) {
  im::Stanza stanza;
  stanza.kind = im::StanzaKind::iq;
  stanza.type = type;
  stanza.to = jid::JidView::trusted(to);
  stanza.id = id;
  send(stanza);
}

void Client::roster_set(base::Bytes contact, base::Bytes name, std::vector<base::Bytes> groups,
                        bool remove) {
  const im::Realm::RosterSet set{contact, name, std::move(groups), remove};
  world.on(shard(),
           [&](engine::Turn& turn) { world.realm(shard()).roster_set(*this, set, "r", turn); });
}

void Client::block(std::vector<std::string> jids) {
  world.on(shard(),
           [&](engine::Turn& turn) { world.realm(shard()).block(*this, jids, "b", turn); });
}

void Client::unblock(std::vector<std::string> jids) {
  world.on(shard(),
           [&](engine::Turn& turn) { world.realm(shard()).unblock(*this, jids, "u", turn); });
}

void Client::confirm() {
  if (unconfirmed.empty() || user == nullptr) return;
  const auto handed = std::exchange(unconfirmed, {});
  held.clear();
  const std::string account(jid().bare());
  world.on(shard(), [&](engine::Turn& turn) {
    world.realm(shard()).confirmed(account, handed, turn);
  });
}

void Client::leave() {
  world.on(shard(), [&](engine::Turn& turn) {
    im::Realm& realm = world.realm(shard());
    realm.unbind(*this, turn);
    unconfirmed.clear();
    for (const std::string& packed : std::exchange(held, {})) {
      im::Stanza stanza;
      ASSERT_TRUE(im::unpack(packed, stanza));
      realm.returned(jid().bare(), stanza, turn);
    }
  });
}

std::vector<std::string> Client::take() {
  std::vector<std::string> out;
  out.swap(in);
  return out;
}

World::World(engine::ShardId shards, im::Options wanted)
    : partition(shards), options(std::move(wanted)), out(shards), logs(shards), questions(shards) {
  if (options.domains.empty()) options.domains = {"here", "there"};
  accounts_iq.world = this;
  const auto shared = std::make_shared<const im::Options>(options);
  for (engine::ShardId shard = 0; shard < shards; ++shard) {
    realms.push_back(std::make_unique<im::Realm>(shard, partition, shared, accounts_iq));
  }
}

World::~World() {
  manual = confirming = true;  // who leaves has nobody left to confirm anything
  clients.clear();
}

// Answers IQs with the id "known".
bool World::Accounts::on_account_iq(im::User& user, const im::Stanza& iq, engine::Turn& turn) {
  if (iq.id != "known") return false;
  im::Stanza answer;
  answer.kind = im::StanzaKind::iq;
  answer.type = im::StanzaType::result;
  answer.from = user.jid();
  answer.to = iq.from;
  answer.id = iq.id;
  world->realm(turn.shard).route(answer, turn);
  return true;
}

void World::befriend(const std::string& a, const std::string& b) {
  constexpr uint8_t kBothListed = 1 | 2 | 32;
  store.accounts[a].contacts[b] = {b, "", kBothListed, ""};
  store.accounts[b].contacts[a] = {a, "", kBothListed, ""};
}

Client& World::join(base::Bytes jid) {
  clients.push_back(std::make_unique<Client>(*this));
  Client& client = *clients.back();
  client.full_jid = jid;
  on(client.shard(), [&](engine::Turn& turn) { realm(client.shard()).bind(client, client, turn); });
  client.interested = client.blocking = true;
  return client;
}

void World::collect(engine::ShardId shard) {
  for (const engine::Effect& effect : out[shard].effects()) {
    if (effect.kind == engine::EffectKind::mail) {
      engine::EnvelopePtr envelope = out[shard].take_mail(effect);
      EXPECT_EQ(envelope->from, shard);
      mail[{shard, envelope->to}].push_back(std::move(envelope));
    } else {
      ASSERT_EQ(effect.kind, engine::EffectKind::ask);
      engine::QuestionPtr question = out[shard].take_question(effect);
      questions[shard].emplace_back(static_cast<im::StoreRequest*>(question.release()));
    }
  }
  out[shard].clear();
}

void World::confirm() {
  if (std::exchange(confirming, true)) return;
  for (size_t i = 0; i < clients.size(); ++i) {
    if (!clients[i]->silent) clients[i]->confirm();
  }
  confirming = false;
}

// The choice says which of the queues that have something moves on.
bool World::step(size_t choice) {
  std::vector<std::pair<int, int>> pairs;
  std::vector<size_t> askers;
  for (const auto& [pair, queue] : mail) {
    if (!queue.empty()) pairs.push_back(pair);
  }
  for (size_t shard = 0; shard < questions.size(); ++shard) {
    if (!questions[shard].empty() && !store_asleep) askers.push_back(shard);
  }
  if (pairs.empty() && askers.empty()) return false;
  const bool was = std::exchange(manual, true);
  choice %= pairs.size() + askers.size();
  if (choice < pairs.size()) {
    auto& queue = mail[pairs[choice]];
    const engine::EnvelopePtr envelope = std::move(queue.front());
    queue.pop_front();
    on(envelope->to, [&](engine::Turn& turn) { realm(envelope->to).on_mail(*envelope, turn); });
  } else {
    const auto shard = static_cast<engine::ShardId>(askers[choice - pairs.size()]);
    std::unique_ptr<im::StoreRequest> question = std::move(questions[shard].front());
    questions[shard].pop_front();
    store.answer(*question);
    on(shard, [&](engine::Turn& turn) { realm(shard).on_answer(std::move(question), turn); });
  }
  manual = was;
  return true;
}

void World::run() {
  for (int steps = 0; step(); ++steps) ASSERT_LT(steps, 100000) << "the world does not settle";
}

void World::advance(int64_t seconds) {
  now = now + base::Duration::seconds(seconds);
  wall.us += seconds * 1000000;
}

}  // namespace im_test
