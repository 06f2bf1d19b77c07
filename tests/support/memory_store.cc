#include "tests/support/memory_store.h"

#include "appliance/store/password.h"

namespace tests {

using im::StoreKind;
using im::StoreRequest;
using im::StoreStatus;

MemoryStore::MemoryStore(uint32_t iterations, uint64_t seed)
    : iterations_(iterations), random_(seed) {}

size_t MemoryStore::offline_messages() const {
  size_t sum = 0;
  for (const auto& [user, account] : accounts_) sum += account.offline.size();
  return sum;
}

void MemoryStore::answer(StoreRequest& request) {
  if (MemoryArchive::answers(request.kind)) return archive_.answer(request);
  switch (request.kind) {
    case StoreKind::load_credentials:
    case StoreKind::verify_password:
    case StoreKind::create_account:
    case StoreKind::set_password:
    case StoreKind::delete_account:
      request.status = about_accounts(request);
      return;
    default:
      break;
  }
  const auto found = accounts_.find(request.user);
  request.status =
      found == accounts_.end() ? StoreStatus::not_found : about(found->second, request);
}

StoreStatus MemoryStore::about_accounts(StoreRequest& request) {
  const auto found = accounts_.find(request.user);
  const bool known = found != accounts_.end();
  im::Credentials keys;
  switch (request.kind) {
    case StoreKind::load_credentials:
      if (known) request.credentials = found->second.credentials;
      return known ? StoreStatus::ok : StoreStatus::not_found;
    case StoreKind::verify_password:
      return store::password_matches(request.text, known ? &found->second.credentials : nullptr,
                                     iterations_)
                 ? StoreStatus::ok
                 : StoreStatus::not_authorized;
    case StoreKind::delete_account:
      return accounts_.erase(request.user) == 1 ? StoreStatus::ok : StoreStatus::not_found;
    default:
      break;
  }
  if (!store::derive_credentials(request.text, iterations_, random_, keys)) {
    return StoreStatus::not_authorized;
  }
  const bool creating = request.kind == StoreKind::create_account;
  if (creating == known) return creating ? StoreStatus::exists : StoreStatus::not_found;
  accounts_[request.user].credentials = std::move(keys);
  return StoreStatus::ok;
}

StoreStatus MemoryStore::about(Account& account, StoreRequest& request) {
  switch (request.kind) {
    case StoreKind::load_account:
      return load(account, request.account);
    case StoreKind::save_contacts:
      return save_contacts(account, request);
    case StoreKind::load_vcard:
      request.text = account.vcard;
      return StoreStatus::ok;
    case StoreKind::save_vcard:
      account.vcard = request.text;
      return StoreStatus::ok;
    case StoreKind::load_private: {
      const auto found = account.private_xml.find(request.key);
      request.text = found == account.private_xml.end() ? std::string() : found->second;
      return StoreStatus::ok;
    }
    case StoreKind::save_private:
      return save_private(account, request);
    case StoreKind::save_block_list:
      account.blocked.clear();
      for (const std::string& jid : request.jids) account.blocked[jid] = true;
      return StoreStatus::ok;
    case StoreKind::save_last_activity:
      account.last_status = request.text;
      account.last_seen = request.wall;
      return StoreStatus::ok;
    case StoreKind::save_archive_preferences:
      account.archive = request.account.archive;
      return StoreStatus::ok;
    case StoreKind::append_offline:
      return append_offline(account, request);
    case StoreKind::load_offline:
      return load_offline(account, request);
    case StoreKind::delete_offline:
      for (const uint64_t id : request.numbers) account.offline.erase(id);
      return StoreStatus::ok;
    default:
      return StoreStatus::failed;
  }
}

StoreStatus MemoryStore::load(const Account& account, im::StoredAccount& out) {
  out = {};
  for (const auto& [jid, contact] : account.contacts) out.contacts.push_back(contact);
  for (const auto& [jid, blocked] : account.blocked) out.blocked.push_back(jid);
  out.roster_version = account.roster_version;
  out.last_status = account.last_status;
  out.last_seen = account.last_seen;
  out.offline_count = account.offline.size();
  out.archive = account.archive;
  return StoreStatus::ok;
}

StoreStatus MemoryStore::save_contacts(Account& account, const StoreRequest& request) {
  for (const im::StoredContact& contact : request.contacts) account.contacts[contact.jid] = contact;
  for (const std::string& jid : request.jids) account.contacts.erase(jid);
  account.roster_version = request.number;
  return StoreStatus::ok;
}

StoreStatus MemoryStore::save_private(Account& account, const StoreRequest& request) {
  if (request.text.empty()) {
    account.private_xml.erase(request.key);
    return StoreStatus::ok;
  }
  const bool fresh = !account.private_xml.contains(request.key);
  if (fresh && account.private_xml.size() >= request.number) return StoreStatus::full;
  account.private_xml[request.key] = request.text;
  return StoreStatus::ok;
}

StoreStatus MemoryStore::append_offline(Account& account, StoreRequest& request) {
  request.numbers.clear();
  const auto same = account.messages.find(request.message);
  if (same != account.messages.end() && account.offline.contains(same->second)) {
    request.numbers = {same->second};
    return StoreStatus::ok;
  }
  if (account.offline.size() >= request.number) return StoreStatus::full;
  const uint64_t id = ++last_message_;
  if (request.message != 0) account.messages[request.message] = id;
  account.offline[id] = {id, request.wall, request.text};
  return StoreStatus::ok;
}

StoreStatus MemoryStore::load_offline(const Account& account, StoreRequest& request) {
  request.offline.clear();
  uint64_t gathered = 0;
  for (auto at = account.offline.upper_bound(request.number);
       at != account.offline.end() && request.offline.size() < request.count; ++at) {
    request.offline.push_back(at->second);
    gathered += at->second.stanza.size();
    if (request.bytes > 0 && gathered >= request.bytes) break;
  }
  return StoreStatus::ok;
}

}  // namespace tests
