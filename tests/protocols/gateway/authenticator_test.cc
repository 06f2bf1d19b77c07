#include "protocols/gateway/authenticator.h"

#include <gtest/gtest.h>

#include <deque>

#include "engine/shard/hash_partition.h"
#include "engine/shard/wheel.h"
#include "engine/trace/counters.h"
#include "protocols/sip/auth/digest_response.h"
#include "tests/support/memory_log.h"

namespace gateway {
namespace {

using sip::DigestAlgorithm;

struct NoIq final : im::AccountIq {
  bool on_account_iq(im::User&, const im::Stanza&, engine::Turn&) override { return false; }
};

// Everybody lives on `home`.
struct OneHome final : engine::Partition {
  engine::Owner owner(base::Bytes bare_jid) const override {
    return {home, in_node.owner(bare_jid).shard};
  }
  engine::ShardId shards() const override { return in_node.shards(); }
  engine::NodeId here() const override { return 0; }
  engine::HashPartition in_node{2};
  engine::NodeId home = 0;
};

// Answers 200 and remembers who has asked.
struct Echo final : sip::Handler {
  explicit Echo(sip::Service& on) : service(on) {}
  engine::Owner owner_of(const sip::Received&, engine::Turn& turn) override {
    return {0, turn.shard};
  }
  void on_request(const sip::Received& request, engine::Turn& turn) override {
    accounts.emplace_back(request.account);
    service.answer(request, 200, turn);
  }
  sip::Service& service;
  std::vector<std::string> accounts;
};

// Two shards of example.org. Alice's password is "rabbit"; the store answers when told to.
struct World {
  struct Shard {
    explicit Shard(base::Instant now, engine::ShardId id) : wheel(now), random(id + 1) {}
    engine::Wheel wheel;
    engine::Outbox out;
    tests::MemoryLog log;
    base::Prng random;
    NoIq no_iq;
    std::unique_ptr<im::Realm> realm;
    std::unique_ptr<sip::Service> service;
    std::unique_ptr<Authenticator> authenticator;
    std::unique_ptr<Echo> echo;
  };

  explicit World(bool md5 = true) {
    auto im_options = std::make_shared<im::Options>();
    im_options->domains = {"example.org"};
    auto options = std::make_shared<sip::Options>();
    options->listeners = {sip::ListenerKind::udp};
    options->hosts = {"192.0.2.99"};
    options->digest = true;
    options->digest_md5 = md5;
    options->domain = "example.org";
    options->peers.resize(1);
    options->peers[0].node = 1;
    options->peers[0].address = base::parse_address("192.0.2.50", 5060);
    options->peers[0].host_node = "second.example.org";
    for (engine::ShardId id = 0; id < 2; ++id) {
      Shard& on = *shards.emplace_back(std::make_unique<Shard>(now, id));
      on.realm = std::make_unique<im::Realm>(id, partition, im_options, on.no_iq);
      on.service = std::make_unique<sip::Service>(id, options, node, on.random);
      on.authenticator = std::make_unique<Authenticator>(*on.service, *on.realm);
      on.echo = std::make_unique<Echo>(*on.service);
      on.service->handle(sip::Method::register_, *on.echo);
    }
  }
  ~World() { questions.clear(); }

  engine::Turn turn(engine::ShardId id) {
    Shard& on = *shards[id];
    return {now, {}, id, on.out, on.wheel, on.log, on.random};
  }
  void settle() {
    for (engine::ShardId id = 0; id < 2; ++id) carry_out(id);
    while (!mail.empty()) {
      const engine::EnvelopePtr next = std::move(mail.front());
      mail.pop_front();
      engine::Turn here = turn(next->to);
      shards[next->to]->service->on_mail(*next, here);
      carry_out(next->to);
    }
  }
  void carry_out(engine::ShardId id) {
    engine::Outbox& out = shards[id]->out;
    for (const engine::Effect& effect : out.effects()) {
      if (effect.kind == engine::EffectKind::datagram) {
        sent.emplace_back(out.bytes(out.datagram(effect)));
      } else if (effect.kind == engine::EffectKind::mail) {
        mail.push_back(out.take_mail(effect));
      } else if (effect.kind == engine::EffectKind::ask) {
        auto question = out.take_question(effect);
        questions.emplace_back(id, static_cast<im::StoreRequest*>(question.release()));
      }
    }
    out.clear();
  }
  void datagram(base::Bytes bytes, base::Bytes from = "192.0.2.1") {
    engine::Turn here = turn(heard_by);
    shards[heard_by]->service->on_datagram({0, base::parse_address(from, 5060), bytes}, here);
    settle();
  }
  void answer(im::StoreStatus status, bool with_keys = true, base::Bytes password = "rabbit") {
    ASSERT_FALSE(questions.empty());
    auto [shard, question] = std::move(questions.front());
    questions.pop_front();
    question->status = status;
    if (status == im::StoreStatus::ok && with_keys) {
      const auto key = [&](DigestAlgorithm algorithm) {
        return sip::digest_key(algorithm, "alice", "example.org", password);
      };
      question->credentials.digest = {key(DigestAlgorithm::sha256), key(DigestAlgorithm::md5)};
    }
    engine::Turn here = turn(shard);
    shards[shard]->realm->on_answer(std::move(question), here);
    settle();
  }
  std::string status() { return sent.empty() ? "" : sent.back().substr(8, 3); }

  // The nonce of the last answer.
  std::string nonce() {
    const size_t at = sent.back().find("nonce=\"") + 7;
    return sent.back().substr(at, sent.back().find('"', at) - at);
  }
  std::string request(base::Bytes authorization, base::Bytes from = "alice@example.org") {
    std::string text = "REGISTER sip:example.org SIP/2.0\r\nVia: SIP/2.0/UDP pc;rport;branch=";
    text.append("z9hG4bK").append(std::to_string(++branch)).append("\r\nFrom: <sip:").append(from);
    text.append(">;tag=1\r\nTo: <sip:").append(from).append(">\r\nCall-ID: c\r\nCSeq: ");
    text.append(std::to_string(branch)).append(" REGISTER\r\n");
    if (!authorization.empty()) text.append("Authorization: ").append(authorization).append("\r\n");
    return text + "Content-Length: 0\r\n\r\n";
  }
  std::string credentials(int count, base::Bytes password = "rabbit",
                          DigestAlgorithm algorithm = DigestAlgorithm::sha256,
                          base::Bytes user = "alice") {
    char digits[9];
    snprintf(digits, sizeof digits, "%08x", count);
    std::string head = "Digest username=\"";
    head.append(user).append("\", realm=\"example.org\", uri=\"sip:example.org\", qop=auth, ");
    head.append("nonce=\"")
        .append(given)
        .append("\", nc=")
        .append(digits)
        .append(", cnonce=\"x\", algorithm=");
    head.append(sip::wire_name(algorithm)).append(", response=\"");
    sip::DigestCredentials parsed;
    const std::string unfinished = head + "0\"";
    EXPECT_EQ(sip::parse_credentials(unfinished, parsed), sip::Read::ok);
    const std::string key = sip::digest_key(algorithm, user, "example.org", password);
    return head + sip::digest_response(parsed, key, "REGISTER") + "\"";
  }
  void challenge() {
    datagram(request(""));
    ASSERT_EQ(status(), "401");
    given = nonce();
  }
  std::vector<std::string> admitted() {
    std::vector<std::string> all = shards[0]->echo->accounts;
    const auto& more = shards[1]->echo->accounts;
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }

  base::Instant now{base::Duration::seconds(1000).ns};
  OneHome partition;
  sip::Node node{{1, 2}, 2};
  std::vector<std::unique_ptr<Shard>> shards;
  std::deque<engine::EnvelopePtr> mail;
  std::deque<std::pair<engine::ShardId, std::unique_ptr<im::StoreRequest>>> questions;
  std::vector<std::string> sent;
  std::string given;  // nonce
  engine::ShardId heard_by = 0;
  int branch = 0;
};

using Accounts = std::vector<std::string>;

TEST(Authenticator, ChallengesWithSha256FirstAndLetsInWhoProvesToBeTheSender) {
  for (engine::ShardId heard_by = 0; heard_by < 2; ++heard_by) {
    World world;
    world.heard_by = heard_by;
    world.challenge();
    const std::string first = world.sent.back();
    EXPECT_LT(first.find("algorithm=SHA-256"), first.find("algorithm=MD5"));
    EXPECT_NE(first.find("WWW-Authenticate: Digest realm=\"example.org\""), std::string::npos);
    EXPECT_EQ(first.find("stale"), std::string::npos);
    EXPECT_TRUE(world.questions.empty()) << "nothing to ask about yet";
    world.datagram(world.request(world.credentials(1)));
    world.answer(im::StoreStatus::ok);
    EXPECT_EQ(world.status(), "200");
    world.datagram(world.request(world.credentials(2, "rabbit", DigestAlgorithm::md5)));
    EXPECT_EQ(world.status(), "200") << "by MD5, and without asking again";
    EXPECT_EQ(world.admitted(), (Accounts{"alice@example.org", "alice@example.org"}));
  }
}

TEST(Authenticator, SendsWhoLivesOnAnotherNodeThere) {
  World world;
  world.partition.home = 1;
  world.challenge();  // first: nobody is told who has not been there to hear it
  world.datagram(world.request(world.credentials(1)));
  EXPECT_EQ(world.status(), "302");
  EXPECT_NE(world.sent.back().find("\r\nContact: <sip:second.example.org>;expires=3600\r\n"),
            std::string::npos)
      << world.sent.back();
  EXPECT_TRUE(world.questions.empty()) << "only there it is known who that is";
  EXPECT_TRUE(world.admitted().empty());
}

TEST(Authenticator, AnswersWrongPasswordsAndUnknownUsersAlikeAndFromTheStore) {
  World world;
  world.challenge();
  world.datagram(world.request(world.credentials(1)));
  world.answer(im::StoreStatus::ok);
  world.datagram(world.request(world.credentials(2, "hare")));
  ASSERT_EQ(world.questions.size(), 1u) << "although the keys are at hand";
  world.answer(im::StoreStatus::ok);
  const std::string wrong = world.sent.back();
  world.datagram(world.request(world.credentials(1, "hare", DigestAlgorithm::sha256, "dodo"),
                               "dodo@example.org"));
  world.answer(im::StoreStatus::not_found);
  const std::string unknown = world.sent.back();
  EXPECT_TRUE(wrong.starts_with("SIP/2.0 401 ") && unknown.starts_with("SIP/2.0 401 "));
  EXPECT_EQ(wrong.find("stale"), std::string::npos);
  EXPECT_EQ(wrong.substr(wrong.find("WWW-"), 60), unknown.substr(unknown.find("WWW-"), 60));
  EXPECT_EQ(world.admitted().size(), 1u);
}

TEST(Authenticator, RefusesCountsThatDoNotGrowAndNoncesThatAreOldOrNotOurs) {
  World world;
  world.challenge();
  world.datagram(world.request(world.credentials(5)));
  world.answer(im::StoreStatus::ok);
  for (const int count : {5, 4}) {
    world.datagram(world.request(world.credentials(count)));
    EXPECT_EQ(world.status(), "401");
    EXPECT_NE(world.sent.back().find("stale=true"), std::string::npos);
  }
  world.now = world.now + base::Duration::seconds(301);
  world.datagram(world.request(world.credentials(6)));
  EXPECT_EQ(world.status(), "401");
  EXPECT_NE(world.sent.back().find("stale=true"), std::string::npos);
  world.given = world.nonce();
  world.datagram(world.request(world.credentials(1)));
  EXPECT_EQ(world.status(), "200");
  world.given = "0123456789";
  world.datagram(world.request(world.credentials(1)));
  EXPECT_NE(world.sent.back().find("stale=true"), std::string::npos) << "of a node's life before";
  EXPECT_EQ(world.admitted().size(), 2u);
}

TEST(Authenticator, LetsNothingInTwice) {
  World world;
  world.challenge();
  const std::string once = world.request(world.credentials(1));
  world.datagram(once);
  world.datagram(once);
  ASSERT_EQ(world.questions.size(), 2u);
  world.answer(im::StoreStatus::ok);
  EXPECT_EQ(world.status(), "200");
  world.answer(im::StoreStatus::ok);
  EXPECT_EQ(world.sent.size(), 2u) << "it was under way";
  world.datagram(once);
  EXPECT_EQ(world.sent.size(), 3u) << "answered as before";
  world.heard_by = 1;
  world.datagram(once, "192.0.2.7");
  EXPECT_EQ(world.sent.size(), 3u) << "heard on the way and said again";
  EXPECT_EQ(world.admitted().size(), 1u);
}

TEST(Authenticator, RefusesWhoSpeaksForOthersOrForNobodyHere) {
  World world;
  world.challenge();
  world.datagram(world.request(world.credentials(1), "bob@example.org"));
  world.answer(im::StoreStatus::ok);
  EXPECT_EQ(world.status(), "403");
  world.datagram(world.request("", "carol@elsewhere.example"));
  EXPECT_EQ(world.status(), "403");
  world.datagram(world.request("Digest username", "alice@example.org"));
  EXPECT_EQ(world.status(), "400");
  world.datagram(world.request("", "alice@192.0.2.99"));
  EXPECT_NE(world.sent.back().find("realm=\"example.org\""), std::string::npos);
  EXPECT_TRUE(world.admitted().empty());
}

TEST(Authenticator, AnswersWhoHasNoKeysAsAWrongPasswordUntilItIsSetAgain) {
  World world;
  world.challenge();
  const auto told = [] { return trace::total(trace::Counter::sip_authentications_keyless); };
  const uint64_t before = told();
  world.datagram(world.request(world.credentials(1, "wrong")));
  world.answer(im::StoreStatus::ok);
  const std::string wrong = world.status();
  world.datagram(world.request(world.credentials(1)));
  world.answer(im::StoreStatus::ok, false);
  EXPECT_EQ(world.status(), wrong) << "nobody learns that there is such an account";
  EXPECT_EQ(told(), before + 1) << "but the operator";
  world.datagram(world.request(world.credentials(1)));
  world.answer(im::StoreStatus::ok);
  EXPECT_EQ(world.status(), "200");
}

TEST(Authenticator, TakesNoMd5WhereThatIsOff) {
  World world(false);
  world.challenge();
  EXPECT_EQ(world.sent.back().find("MD5"), std::string::npos);
  world.datagram(world.request(world.credentials(1, "rabbit", DigestAlgorithm::md5)));
  EXPECT_EQ(world.status(), "401");
  EXPECT_TRUE(world.questions.empty());
}

TEST(Authenticator, ForgetsKeysWithThePassword) {
  World world;
  world.challenge();
  world.datagram(world.request(world.credentials(1)));
  world.answer(im::StoreStatus::ok);
  for (auto& shard : world.shards) shard->authenticator->forget("alice@example.org");
  world.datagram(world.request(world.credentials(2)));
  for (auto& shard : world.shards) shard->authenticator->forget("alice@example.org");
  world.answer(im::StoreStatus::ok);
  world.datagram(world.request(world.credentials(3)));
  EXPECT_EQ(world.questions.size(), 1u) << "an answer from before the change is not kept";
  world.answer(im::StoreStatus::ok, true, "hare");
  EXPECT_EQ(world.status(), "401");
}

TEST(Authenticator, ListensToWhoFailsTooOftenOnlyNowAndThenAndToTheUserAllTheSame) {
  World world;
  world.challenge();
  world.datagram(world.request(world.credentials(1)), "192.0.2.50");
  world.answer(im::StoreStatus::ok);
  for (int i = 0; i < sip::Failures::kBurst; ++i) {
    world.datagram(world.request(world.credentials(2 + i, "hare")));
    world.answer(im::StoreStatus::ok);
    EXPECT_EQ(world.status(), "401");
  }
  world.datagram(world.request(world.credentials(90)));
  EXPECT_EQ(world.status(), "503");
  EXPECT_NE(world.sent.back().find("Retry-After: "), std::string::npos);
  world.datagram(world.request(world.credentials(91)), "192.0.2.60");
  EXPECT_EQ(world.status(), "503") << "the account is being guessed at";
  world.datagram(world.request(world.credentials(92)), "192.0.2.50");
  EXPECT_EQ(world.status(), "200") << "she is known there";
  world.now = world.now + sip::Failures::kPause;
  world.datagram(world.request(world.credentials(93)));
  EXPECT_EQ(world.status(), "200");
}

TEST(Authenticator, AsksTheStoreAboutSoManyAtOnce) {
  World world;
  world.challenge();
  for (uint32_t i = 1; i <= Authenticator::kAskingMax; ++i) {
    world.datagram(world.request(world.credentials(static_cast<int>(i))));
  }
  EXPECT_EQ(world.sent.size(), 1u);
  world.datagram(world.request(world.credentials(99999)));
  EXPECT_EQ(world.status(), "503");
  world.answer(im::StoreStatus::failed);
  EXPECT_EQ(world.status(), "503");
}

}  // namespace
}  // namespace gateway
