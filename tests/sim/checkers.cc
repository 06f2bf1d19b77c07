#include "tests/sim/checkers.h"

#include <algorithm>
#include <map>
#include <set>

namespace sim {

std::string check_protocol(const Crowd& crowd) {
  for (const auto& client : crowd.clients()) {
    if (!client->trouble.empty()) return client->bare() + ": " + client->trouble;
  }
  return {};
}

static bool received_by(const Crowd& crowd, const std::string& user, const std::string& body) {
  for (const auto& client : crowd.clients()) {
    if (client->bare() != user) continue;
    for (const Received& message : client->messages) {
      if (message.body == body) return true;
    }
  }
  return false;
}

static bool stored(World& world, const std::string& user, const std::string& body) {
  for (const std::string& stanza : world.store().offline_of(user)) {
    if (stanza.find("<body>" + body + "</body>") != std::string::npos) return true;
  }
  return false;
}

// A client that lost a connection may have lost with it what was on its way; one that manages its
// streams (XEP-0198) only errors, which nobody hands back when a session ends.
static bool may_have_lost(const Client& client) {
  return !client.ended_sessions.empty() || client.losses > 0;
}

// Stream management says so; or, without it, the answer to a later question: but that did not wait
// for the disk.
static bool answered_for(const Client& sender, const std::string& body, const Crashes& crashes) {
  if (sender.acknowledged.contains(body)) return true;
  const auto answered = sender.answered.find(body);
  if (answered == sender.answered.end()) return false;
  return std::none_of(crashes.begin(), crashes.end(),
                      [&](const Crash& crash) { return crash.may_have_lost(answered->second); });
}

// A message is its recipient's, and the sender's own other clients' (XEP-0280): nobody else's.
static std::string check_recipients(const Crowd& crowd) {
  std::map<std::string, const SentMessage*> sent;
  for (const SentMessage& message : crowd.sent()) sent[message.body] = &message;
  for (const auto& client : crowd.clients()) {
    for (const Received& heard : client->messages) {
      const auto found = sent.find(heard.body);
      if (found == sent.end()) return client->full() + " hears " + heard.body + " from nobody";
      const SentMessage& message = *found->second;
      const std::string from = crowd.clients()[message.sender]->bare();
      if (message.to_user == client->bare() || from == client->bare()) continue;
      return heard.body + " from " + from + " to " + message.to_user + " was heard by " +
             client->full();
    }
  }
  return {};
}

std::string check_messages(const Crowd& crowd, World& world) {
  if (std::string wrong = check_recipients(crowd); !wrong.empty()) return wrong;
  std::set<std::string> careless;  // users with a client that may have lost what it was sent
  for (const auto& client : crowd.clients()) {
    if (client->losses > 0) careless.insert(client->bare());
  }
  for (const SentMessage& message : crowd.sent()) {
    const Client& sender = *crowd.clients()[message.sender];
    if (!answered_for(sender, message.body, world.crashes())) continue;
    if (careless.contains(message.to_user)) continue;
    if (received_by(crowd, message.to_user, message.body)) continue;
    bool bounced = crowd.refused() && may_have_lost(sender);
    bounced |= crowd.refused_by_journal() && !world.crashes().empty();
    for (const std::string& body : sender.bounced) bounced |= body == message.body;
    if (bounced || stored(world, message.to_user, message.body)) continue;
    return "message " + message.body + " from " + sender.bare() + " to " + message.to_user +
           " was acknowledged and is lost";
  }
  return {};
}

static std::string show(const std::map<std::string, std::string>& view) {
  std::string text = "{";
  for (const auto& [jid, presence] : view) text += " " + jid + "=" + presence;
  return text + " }";
}

static bool sees(const Client& watcher, const std::string& contact) {
  auto found = watcher.roster.find(contact);
  return found != watcher.roster.end() && (found->second == "to" || found->second == "both");
}

static bool shown_to(const Client& contact, const std::string& watcher) {
  auto found = contact.roster.find(watcher);
  return found != contact.roster.end() && (found->second == "from" || found->second == "both");
}

// A change of a subscription is two accounts' business. A crash may let one of them know and the
// other not, and of what was lost with it a client that resumes its session hears nothing.
static bool in_doubt(const Client& watcher, const Client& contact, const World& world) {
  if (world.crashes().empty() || watcher.bare() == contact.bare()) return false;
  return sees(watcher, contact.bare()) != shown_to(contact, watcher.bare()) ||
         !sees(watcher, contact.bare());
}

static std::string check_view(const Client& watcher, const Crowd& crowd, const World& world) {
  std::map<std::string, std::string> truth;
  std::map<std::string, std::string> seen = watcher.available;
  for (const auto& contact : crowd.clients()) {
    if (!contact->online() || contact->presence.empty()) continue;
    if (in_doubt(watcher, *contact, world)) {
      const std::string start = contact->bare() + "/";
      std::erase_if(seen, [&](const auto& one) { return one.first.starts_with(start); });
      continue;
    }
    const bool own = contact->bare() == watcher.bare();
    if (!own && sees(watcher, contact->bare()) != shown_to(*contact, watcher.bare())) {
      return watcher.bare() + " and " + contact->bare() +
             " disagree on their subscription: " + show(watcher.roster) + " against " +
             show(contact->roster);
    }
    if (own || sees(watcher, contact->bare())) truth[contact->full()] = contact->presence;
  }
  if (seen == truth) return {};
  return watcher.full() + " sees " + show(seen) + " but the truth is " + show(truth);
}

std::string check_views(const Crowd& crowd, World& world) {
  for (const auto& watcher : crowd.clients()) {
    if (!watcher->online() || watcher->presence.empty()) {
      return watcher->options().user + "/" + watcher->options().resource +
             " did not come back: " + watcher->last_stream_error;
    }
    const std::string wrong = check_view(*watcher, crowd, world);
    if (!wrong.empty()) return wrong;
  }
  return {};
}

std::string check_baseline(World& world) {
  if (world.sessions() != 0) return std::to_string(world.sessions()) + " sessions are left";
  if (world.streams() != 0) return std::to_string(world.streams()) + " streams are left";
  if (world.connections() != 0) {
    return std::to_string(world.connections()) + " connections are left";
  }
  if (world.network().open_sockets() != 0) return "sockets are left open";
  if (world.network().bytes_held_by_server_sends() != 0) return "bytes are left in sends";
  if (world.store().pending() != 0) return "questions to the store are left";
  if (world.mail_waiting()) return "mail is left between shards";
  if (world.journal_entries() != 0) {
    return std::to_string(world.journal_entries()) + " entries are left in the journals";
  }
  return {};
}

}  // namespace sim
