#include "appliance/config/config.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "appliance/config/schema.h"
#include "appliance/profile/profile.h"

namespace appliance {
namespace {

LoadedConfig good(const std::string& text) {
  LoadedConfig loaded = load_config(text);
  for (const Problem& problem : loaded.problems) ADD_FAILURE() << describe(problem, "file");
  return loaded;
}

// The one problem of a file, as the operator sees it.
std::string only_problem(const std::string& text) {
  const LoadedConfig loaded = load_config(text);
  EXPECT_EQ(loaded.problems.size(), 1u) << text;
  if (loaded.problems.size() != 1) return "";
  const Problem& problem = loaded.problems.front();
  EXPECT_GT(problem.line, 0u) << text;
  EXPECT_GT(problem.column, 0u) << text;
  EXPECT_FALSE(problem.message.empty()) << text;
  EXPECT_FALSE(problem.remedy.empty()) << text;
  return describe(problem, "rollcall.toml");
}

template <class Target>
void expect_same(std::span<const Key<Target>> keys, const Target& a, const Target& b) {
  for (const Key<Target>& key : keys) EXPECT_EQ(key.get(a), key.get(b)) << key.path;
}

TEST(Config, AnEmptyFileIsWholeWithStartTlsAndDirectTls) {
  const Config config = good("").config;
  EXPECT_EQ(config.domains, std::vector<std::string>{"localhost"});
  ASSERT_EQ(config.listeners.size(), 2u);
  EXPECT_EQ(config.listeners[0].port, 5222);
  EXPECT_FALSE(config.listeners[0].options.direct_tls);
  EXPECT_EQ(config.listeners[1].port, 5223);
  EXPECT_TRUE(config.listeners[1].options.direct_tls);
  for (const ListenerConfig& listener : config.listeners) {
    EXPECT_EQ(listener.address, "::");
    EXPECT_EQ(listener.options.tls, xmpp::TlsMode::required);
    EXPECT_FALSE(listener.options.sasl_without_tls);
  }
  EXPECT_FALSE(config.xmpp.registration);
  EXPECT_EQ(config.xmpp.authentication_failures_max, 3u);
}

TEST(Config, EveryKindOfValueArrives) {
  const Config config = good(R"(
domains = ["Example.ORG", "example.com"]
profile = "15k"
io = "epoll"
[net]
handshake_seconds = 7
[login]
plain = false
conflict = "refuse"
[im]
roster_items_max = 200
offline = "bounce"
[xml.before_login]
stanza_bytes = 12000
[store]
durability = "relaxed"
[trace]
level = "warn"
[trace.components]
sasl = "debug"
[contacts]
abuse = ["mailto:abuse@example.org"]
)")
                            .config;
  EXPECT_EQ(config.domains, (std::vector<std::string>{"example.org", "example.com"}));
  EXPECT_EQ(all_profiles()[config.profile - 1u].name, std::string("15k"));
  EXPECT_EQ(config.io, IoBackend::epoll);
  EXPECT_EQ(config.net.handshake_timeout, base::Duration::seconds(7));
  EXPECT_FALSE(config.xmpp.sasl_plain);
  EXPECT_EQ(config.im.conflict, im::ConflictPolicy::refuse);
  EXPECT_EQ(config.im.roster_items_max, 200u);
  EXPECT_EQ(config.im.offline, im::OfflinePolicy::bounce);
  EXPECT_EQ(config.xmpp.before_authentication.stanza_bytes, 12000u);
  EXPECT_EQ(config.store.durability, Durability::relaxed);
  EXPECT_EQ(config.trace.level, trace::Level::warn);
  EXPECT_EQ(config.trace.components[static_cast<size_t>(trace::Component::sasl)],
            1 + static_cast<uint8_t>(trace::Level::debug));
  const auto options = xmpp_options(config);
  EXPECT_EQ(options->im->domains, config.domains);
  ASSERT_EQ(options->contacts.size(), 1u);
  EXPECT_EQ(options->contacts[0].kind, "abuse-addresses");
}

TEST(Config, ImaginaryAccountsAreStretchedLikeRealOnes) {
  EXPECT_EQ(xmpp_options(good("").config)->scram_iterations, StoreConfig().pbkdf2_iterations);
  const Config config = good("[store]\npbkdf2_iterations = 20000\n").config;
  EXPECT_EQ(xmpp_options(config)->scram_iterations, 20000u);
}

TEST(Config, ListenersReplaceTheDefaultOnes) {
  const Config config = good(R"(
[[listener]]
address = "127.0.0.1"
port = 0
tls = "off"
sasl_without_tls = true
[[listener]]
port = 5223
direct = true
)")
                            .config;
  ASSERT_EQ(config.listeners.size(), 2u);
  EXPECT_EQ(config.listeners[0].address, "127.0.0.1");
  EXPECT_EQ(config.listeners[0].options.tls, xmpp::TlsMode::off);
  EXPECT_TRUE(config.listeners[0].options.sasl_without_tls);
  EXPECT_TRUE(config.listeners[1].options.direct_tls);
  EXPECT_EQ(xmpp_options(config)->listeners.size(), 2u);
}

TEST(Config, TheRulesOfCompositionArrive) {
  EXPECT_EQ(good("").config.im.presentity.rules.order, im::CompositionRules().order);
  const Config config = good(R"(
[presence]
order = ["on-the-phone", "do-not-disturb", "available", "busy", "meeting", "away", "extended-away"]
hold_is_on_the_phone = false
text_on_the_phone = "Am Telefon"
interval_ms = 5000
)")
                            .config;
  const std::shared_ptr<const xmpp::Options> all = xmpp_options(config);
  const im::PresentityOptions& options = all->im->presentity;
  EXPECT_TRUE(options.rules.complete());
  EXPECT_EQ(options.rules.order[0], im::Claim::on_the_phone);
  EXPECT_EQ(options.rules.order[2], im::Claim::available);
  EXPECT_FALSE(options.rules.hold_is_on_the_phone);
  EXPECT_EQ(options.shown.on_the_phone, "Am Telefon");
  EXPECT_EQ(options.interval_ms, 5000u);
}

TEST(Config, SipIsOffUnlessSetAndItsListenersFollowThoseOfXmpp) {
  EXPECT_EQ(sip_options(good("").config), nullptr);
  EXPECT_TRUE(sip_listeners(good("").config.sip).empty());
  const Config config = good("[sip]\nenabled = true\ntransports = [\"tls\", \"udp\"]").config;
  const auto listeners = sip_listeners(config.sip);
  ASSERT_EQ(listeners.size(), 2u);
  EXPECT_EQ(listeners[0].kind, sip::ListenerKind::tls);
  EXPECT_EQ(listeners[0].port, 5061);
  EXPECT_EQ(listeners[1].port, 5060);
  const auto options = sip_options(config);
  EXPECT_EQ(options->first_listener, config.listeners.size());
  EXPECT_EQ(options->listeners.size(), 2u);
}

TEST(Config, SipPeersArrive) {
  const Config config = good(R"(
domains = ["here.example"]
[sip]
enabled = true
udp_port = 5080
hosts = ["Node.example", "192.0.2.9", "[2001:db8::9]"]
[[sip.peer]]
address = "192.0.2.1"
port = 5070
transport = "udp"
domains = ["Phones.example"]
sources = ["2001:db8::1"]
)")
                            .config;
  const auto options = sip_options(config);
  EXPECT_EQ(options->sent_by, "here.example:5080");
  EXPECT_EQ(options->hosts,
            (std::vector<std::string>{"node.example", "192.0.2.9", "[2001:db8::9]"}));
  EXPECT_EQ(options->domain, "here.example");
  ASSERT_EQ(options->peers.size(), 1u);
  const sip::TrunkPeer& peer = options->peers[0];
  EXPECT_EQ(peer.address, base::parse_address("192.0.2.1", 5070));
  EXPECT_TRUE(peer.datagrams);
  EXPECT_EQ(peer.domains, std::vector<std::string>{"phones.example"});
  EXPECT_EQ(peer.sources, std::vector{base::parse_address("2001:db8::1", 0)});
  EXPECT_EQ(peer.wrong_node, sip::WrongNode::redirect);
  Config other = config;
  other.sip.peers[0].wrong_node = kPeerProxy;
  EXPECT_EQ(sip_options(other)->peers[0].wrong_node, sip::WrongNode::proxy);
  other.sip.peers[0].port = 5071;
  EXPECT_TRUE(pinned_changes(config, other).empty());
  EXPECT_NE(sip_options(other)->peers[0].id, peer.id) << "another peer";
  other.sip.peers[0].address = "cucm.example";
  other.sip.peers[0].port = 0;
  EXPECT_EQ(sip_options(other)->peers[0].host, "cucm.example");
  EXPECT_FALSE(sip_options(other)->peers[0].address);
}

TEST(Config, SipPeersMayBeKnownByTheirCertificates) {
  const char text[] = R"(
[sip]
enabled = true
transports = ["mutual"]
ca_file = "peers.pem"
[[sip.peer]]
address = "192.0.2.1"
tls_subjects = ["Gate.Example"]
[[sip.peer]]
address = "192.0.2.1"
)";
  const Config config = load_config(text, "/etc/rollcall").config;
  EXPECT_EQ(config.sip.ca_file, "/etc/rollcall/peers.pem");
  EXPECT_EQ(sip_listeners(config.sip)[0].port, 5062);
  const auto options = sip_options(config);
  ASSERT_EQ(options->peers.size(), 2u);
  EXPECT_EQ(options->peers[0].subjects, std::vector<std::string>{"gate.example"});
  EXPECT_NE(options->peers[0].id, options->peers[1].id);
  EXPECT_EQ(options->peers[0].id, sip_options(config)->peers[0].id);
  const std::string twice = std::string(text) + "tls_subjects = [\"gate.example\"]\n";
  EXPECT_EQ(load_config(twice).problems.size(), 1u) << "a certificate is one peer's";
  const std::string wild = std::string(text) + "tls_subjects = [\"*.example\"]\n";
  EXPECT_EQ(load_config(wild).problems.size(), 1u);
}

TEST(Config, AnUnknownKeyIsNamedWithTheOneThatWasMeant) {
  EXPECT_EQ(only_problem("domain = [\"a\"]"),
            "rollcall.toml:1:1: unknown key domain; did you mean domains?");
  EXPECT_EQ(only_problem("\n[net]\n send_soft_byte = 5000"),
            "rollcall.toml:3:2: unknown key net.send_soft_byte; did you mean net.send_soft_bytes?");
  EXPECT_EQ(only_problem("[[listener]]\nprot = 1"),
            "rollcall.toml:2:1: unknown key prot; did you mean port?");
  EXPECT_EQ(only_problem("zzzzzzzzzzzzzzz = 1"),
            "rollcall.toml:1:1: unknown key zzzzzzzzzzzzzzz; remove it; rollcall.toml(5) lists the "
            "keys");
}

TEST(Config, AValueOutOfRangeNamesTheRangeAndTheDefault) {
  EXPECT_EQ(only_problem("[net]\nhandshake_seconds = 0"),
            "rollcall.toml:2:21: net.handshake_seconds is 0; it must be an integer from 1 to 600; "
            "the default is 10");
  EXPECT_EQ(only_problem("io = \"iouring\""),
            "rollcall.toml:1:6: io is \"iouring\"; it must be one of \"auto\" \"uring\" \"epoll\"; "
            "the default is \"auto\"");
}

TEST(Config, EveryKeyRefusesAValueOfAnotherType) {
  for (const ConfigKey& key : config_keys()) {
    const char* wrong = key.kind == Kind::text || key.kind == Kind::choice ? "17" : "\"text\"";
    const std::string problem = only_problem(key.path + " = " + wrong);
    EXPECT_NE(problem.find(key.path + " is "), std::string::npos) << problem;
    EXPECT_NE(problem.find("it must be "), std::string::npos) << problem;
  }
}

TEST(Config, EveryIntegerRefusesJustOutsideAndTakesBothEnds) {
  for (const ConfigKey& key : config_keys()) {
    if (key.kind != Kind::integer) continue;
    only_problem(key.path + " = " + std::to_string(key.low - 1));
    only_problem(key.path + " = " + std::to_string(key.high + 1));
    for (const int64_t end : {key.low, key.high}) {
      const LoadedConfig loaded = load_config(key.path + " = " + std::to_string(end));
      EXPECT_EQ(key.get(loaded.config).number, end) << key.path << " is too small for its range";
    }
  }
}

TEST(Config, SyntaxErrorsHaveAPlaceAndARemedy) {
  for (const char* text : {"domains = [", "= 1", "a = 1\na = 2", "[net", "x = \"\\q\"", "\xFF"}) {
    only_problem(text);
  }
}

// The parser asserts that a table's name begins as one; it must say so instead.
TEST(Config, ATableWithoutANameIsASyntaxError) {
  for (const char* text : {"[=]", "[[=]]", "[ = ]", "[\xc3\xa9]", "[[\n", "[.a]", "a = 1\n[#]"}) {
    EXPECT_NE(only_problem(text).find("correct the TOML here"), std::string::npos) << text;
  }
}

// Undefined behaviour of the parser, seen by UndefinedBehaviorSanitizer.
TEST(Config, LettersBeyondAsciiOutsideStringsAreSyntaxErrors) {
  for (const char* letter : {"\u00e9", "\u0416", "\u2d50", "\ufe70", "\U0001f600"}) {
    const std::string text(letter);
    only_problem("shards = " + text);
    only_problem("shards = 1 " + text);
    only_problem("[net" + text + "]");
    only_problem("net." + text + " = 1");
    good("domains = [\"localhost\"]  # " + text + "\ndata = \"/" + text + "\"");
  }
}

TEST(Config, ATableWhereAValueBelongsAndTheOtherWayRound) {
  only_problem("net = 3");
  only_problem("[listener]\nport = 1");
  only_problem("listener = [1]");
  only_problem("[domains]");
}

TEST(Config, ContradictionsAreFound) {
  for (const char* text : {
           "domains = []",
           "domains = [\"exa mple\"]",
           "domains = [\"a.example\", \"A.EXAMPLE\"]",
           "[[listener]]\naddress = \"localhost\"",
           "[[listener]]\ntls = \"off\"\ndirect = true",
           "[[listener]]\nsasl_without_tls = true",
           "[[listener]]\n[[listener]]",
           "[admin]\nmetrics_address = \"0.0.0.0\"",
           "[admin]\nmetrics_address = \"here\"",
           "[net]\nsend_soft_bytes = 2000000",
           "[xml.before_login]\nstanza_bytes = 500000",
           "[contacts]\nadmin = [\"root\"]",
           "data = \"\"",
           "[presence]\norder = [\"asleep\"]",
           "[presence]\norder = [\"offline\"]",
           "[presence]\norder = [\"busy\", \"busy\"]",
           "[presence]\norder = [\"busy\"]",
           "[sip]\naddress = \"here\"",
           "[sip]\ntransports = [\"sctp\"]",
           "[sip]\ntransports = [\"udp\", \"udp\"]",
           "[sip]\ntransports = [\"mutual\"]",
           "[[sip.peer]]\naddress = \"192.0.2.1\"\ntls_subjects = [\"gate.example\"]",
           "[sip]\nenabled = true\ntransports = []",
           "[sip]\nhosts = [\"exa mple\"]",
           "[[sip.peer]]\naddress = \"192.0.2.256\"",
           "[[sip.peer]]\naddress = \"he re\"",
           "[[sip.peer]]\naddress = \"192.0.2.1\"\nsources = [\"there\"]",
           "[[sip.peer]]\naddress = \"192.0.2.1\"\ndomains = [\"localhost\"]",
           "[[sip.peer]]\naddress = \"192.0.2.1\"\ndomains = [\"a.example\", \"A.example\"]",
           "[sip]\ntransports = [\"tcp\"]\n[[sip.peer]]\naddress = \"::1\"\ntransport = \"udp\"",
           "[[certificate]]\ndomain = \"other.example\"\nchain = \"x\"\nkey = \"y\"",
           "[[certificate]]\ndomain = \"localhost\"\nchain = \"/dev/null\"",
       }) {
    only_problem(text);
  }
  only_problem("[presence]\ntext_busy = \"" + std::string(257, 'x') + "\"");
  good("[admin]\nmetrics_address = \"0.0.0.0\"\nmetrics_anywhere = true");
}

TEST(Config, AMissingCertificateFileIsNamed) {
  const std::string problem = only_problem(
      "[[certificate]]\ndomain = \"localhost\"\nchain = \"/nonexistent\"\nkey = \"/dev/null\"");
  EXPECT_NE(problem.find("rollcall.toml:3:9: cannot read /nonexistent"), std::string::npos)
      << problem;
}

TEST(Config, AllMistakesAreFoundAtOnceInTheirOrder) {
  const LoadedConfig loaded = load_config("[im]\noffline = 1\n[net]\nx = 1\n[login]\nseconds = 0");
  ASSERT_EQ(loaded.problems.size(), 3u);
  EXPECT_EQ(loaded.problems[0].line, 2u);
  EXPECT_EQ(loaded.problems[1].line, 4u);
  EXPECT_EQ(loaded.problems[2].line, 6u);
}

TEST(Config, AFileThatIsNotThereIsAProblem) {
  const LoadedConfig loaded = load_config_file("/nonexistent/rollcall.toml");
  ASSERT_EQ(loaded.problems.size(), 1u);
  EXPECT_FALSE(loaded.problems[0].remedy.empty());
}

// Whatever the process's own directory is: the node's, or that of an operator's shell.
TEST(Config, RelativePathsStartAtTheFilesDirectory) {
  char folder[] = "/tmp/rollcall_config_XXXXXX";
  ASSERT_NE(mkdtemp(folder), nullptr);
  const std::string file = std::string(folder) + "/rollcall.toml";
  std::ofstream(std::string(folder) + "/pem") << "pem";
  std::ofstream(file) << "data = \"data\"\n[admin]\nsocket = \"/run/there\"\n[[certificate]]\n"
                         "domain = \"localhost\"\nchain = \"pem\"\nkey = \"./pem\"\n";
  const LoadedConfig loaded = load_config_file(file);
  std::filesystem::remove_all(folder);
  EXPECT_EQ(describe(loaded.problems, file), "");
  EXPECT_EQ(loaded.config.data, std::string(folder) + "/data");
  EXPECT_EQ(loaded.config.admin.socket, "/run/there");
  ASSERT_EQ(loaded.config.certificates.size(), 1u);
  EXPECT_EQ(loaded.config.certificates[0].chain, std::string(folder) + "/pem");
  EXPECT_EQ(loaded.config.certificates[0].key, std::string(folder) + "/./pem");
  EXPECT_EQ(load_config("").config.admin.socket, "");
}

TEST(Config, ReloadReportsWhatIsPinnedAndKeepsIt) {
  const Config running = good("").config;
  Config wanted = good(
                      "shards = 2\ndata = \"/elsewhere\"\n[login]\nplain = false\n"
                      "[[listener]]\nport = 5299")
                      .config;
  const std::vector<Pinned> pinned = pinned_changes(running, wanted);
  std::vector<std::string> names;
  for (const Pinned& key : pinned) {
    names.push_back(key.key);
    EXPECT_FALSE(key.why.empty());
  }
  EXPECT_EQ(names, (std::vector<std::string>{"data", "shards", "listener"}));
  keep_pinned(running, wanted);
  EXPECT_TRUE(pinned_changes(running, wanted).empty());
  EXPECT_FALSE(wanted.xmpp.sasl_plain);
}

TEST(Schema, EveryKeyHasHelpAndItsOwnPath) {
  std::vector<std::string> paths;
  for (const ConfigKey& key : config_keys()) {
    EXPECT_GT(key.help.size(), 10u) << key.path;
    EXPECT_TRUE(key.help.ends_with('.')) << key.path;
    EXPECT_EQ(key.kind == Kind::choice, !key.choices.empty()) << key.path;
    paths.push_back(key.path);
  }
  for (const ListenerKey& key : listener_keys()) EXPECT_GT(key.help.size(), 10u) << key.path;
  for (const CertificateKey& key : certificate_keys()) EXPECT_GT(key.help.size(), 10u) << key.path;
  std::sort(paths.begin(), paths.end());
  EXPECT_EQ(std::adjacent_find(paths.begin(), paths.end()), paths.end());
}

TEST(Schema, EveryKeyWritesItsOwnField) {
  for (const ConfigKey& key : config_keys()) {
    Config config;
    Value value = key.get(config);
    value.number = key.kind == Kind::choice ? static_cast<int64_t>(key.choices.size()) - 1
                                            : (value.number == key.high ? key.low : key.high);
    value.truth = !value.truth;
    value.text = "changed";
    value.list = {"changed"};
    key.set(config, value);
    for (const ConfigKey& other : config_keys()) {
      EXPECT_EQ(other.get(config) == other.get(Config{}), other.path != key.path)
          << key.path << " and " << other.path;
    }
  }
}

TEST(Schema, DefaultsAreInTheirRanges) {
  for (const ConfigKey& key : config_keys()) {
    const Value value = key.get(Config{});
    if (key.kind == Kind::integer) {
      EXPECT_GE(value.number, key.low) << key.path;
      EXPECT_LE(value.number, key.high) << key.path;
    }
  }
}

TEST(Example, ParsesToTheDefaults) {
  const Config config = good(example_config()).config;
  expect_same(config_keys(), config, good("").config);
}

TEST(Example, ParsesToTheDefaultsWithEveryKeyUncommented) {
  std::string text;
  std::string line;
  for (const char c : example_config() + "\n") {
    if (c != '\n') {
      line += c;
      continue;
    }
    // A commented key or table, as against a commented sentence.
    const bool key = line.size() > 1 && line[0] == '#' && line[1] != ' ';
    if (line == "#[[certificate]]") break;  // has no default: it names files
    text += (key ? line.substr(1) : line) + "\n";
    line.clear();
  }
  const Config config = good(text).config;
  expect_same(config_keys(), config, Config{});
  ASSERT_EQ(config.listeners.size(), 1u);
  expect_same(listener_keys(), config.listeners[0], ListenerConfig{});
}

}  // namespace
}  // namespace appliance
