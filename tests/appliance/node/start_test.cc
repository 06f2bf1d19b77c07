#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>

#include "appliance/store/folder_lock.h"
#include "tests/appliance/node/node_process.h"

namespace appliance {
namespace {

constexpr const char* kConfig = R"([[listener]]
address = "127.0.0.1"
port = 0
[[listener]]
address = "127.0.0.1"
port = 0
direct = true
[admin]
metrics_port = 0
)";

class Node : public testing::Test {
 protected:
  Node() {
    char name[] = "/tmp/rollcall-node-XXXXXX";
    folder = mkdtemp(name);
    write(kConfig);
  }
  ~Node() override { std::filesystem::remove_all(folder); }
  void write(const std::string& config) const {
    std::ofstream(folder + "/rollcall.toml") << config;
  }
  static unsigned mode(const std::string& path) {
    struct stat status {};
    return stat(path.c_str(), &status) == 0 ? status.st_mode & 0777u : 0;
  }
  std::string folder;
};

TEST_F(Node, StartsIsOperatedAndStops) {
  NodeProcess node(folder);
  ASSERT_TRUE(node.start()) << node.errors();
  EXPECT_EQ(mode(node.data()), 0700u);
  EXPECT_EQ(mode(node.data() + "/admin.sock"), 0600u);
  EXPECT_EQ(mode(node.data() + "/secret"), 0600u);

  const Finished status = node.command({"--json", "status"});
  EXPECT_EQ(status.status, 0) << status.output;
  EXPECT_NE(status.output.find("\"state\":\"running\""), std::string::npos);
  const auto ports = node.ports();
  for (const char* service : {"xmpp", "xmpps", "http"}) {
    ASSERT_TRUE(ports.contains(service)) << service;
    EXPECT_NE(node.output().find(":" + std::to_string(ports.at(service))), std::string::npos);
  }

  EXPECT_EQ(node.command({"user", "add", "dora", "--password-stdin"}, "secret\n").status, 0);
  EXPECT_EQ(node.command({"user", "add", "dora", "--generate"}).status, 5);
  EXPECT_EQ(node.command({"user", "list"}).output, "dora@localhost\n");
  EXPECT_EQ(node.command({"user", "passwd", "nobody", "--generate"}).status, 4);
  EXPECT_EQ(node.command({"session", "kick", "dora"}).status, 4);
  EXPECT_EQ(node.command({"user", "delete", "dora"}).status, 0);
  EXPECT_EQ(node.command({"user", "list"}).output, "");
  EXPECT_EQ(node.command({"no", "such", "command"}).status, 2);

  node.signal(SIGTERM);
  EXPECT_EQ(node.join(), 0) << node.errors();
  EXPECT_FALSE(std::filesystem::exists(node.data() + "/listening"));
  EXPECT_FALSE(std::filesystem::exists(node.data() + "/admin.sock"));
  EXPECT_EQ(node.command({"status"}).status, 3);
}

TEST_F(Node, ASecondStartReusesEverything) {
  std::string users;
  std::string certificate;
  for (int round = 0; round < 2; ++round) {
    NodeProcess node(folder);
    ASSERT_TRUE(node.start({"--demo", "--shards", "2"})) << node.errors();
    EXPECT_EQ(mode(node.data() + "/demo-users"), 0600u);
    const std::string users_now = read_all(node.data() + "/demo-users");
    const std::string certificate_now = read_all(node.data() + "/certificates/localhost.crt");
    EXPECT_EQ(std::count(users_now.begin(), users_now.end(), '\n'), 3);
    EXPECT_EQ(node.command({"user", "list"}).output,
              "alice@localhost\nbob@localhost\ncarol@localhost\n");
    EXPECT_NE(node.output().find(users_now.substr(6, 16)), std::string::npos) << "not printed";
    if (round == 1) {
      EXPECT_EQ(users_now, users);
      EXPECT_EQ(certificate_now, certificate);
    }
    users = users_now;
    certificate = certificate_now;
    // The same as Ctrl-C, and as `rollcall stop`.
    if (round == 0) {
      node.signal(SIGINT);
    } else {
      EXPECT_EQ(node.command({"stop"}).status, 0);
    }
    EXPECT_EQ(node.join(), 0) << node.errors();
  }
}

TEST_F(Node, TwoNodesCannotShareADirectory) {
  NodeProcess first(folder);
  ASSERT_TRUE(first.start()) << first.errors();
  const Finished second = run({ROLLCALLD, "--config", first.config(), "--data", first.data()});
  EXPECT_EQ(second.status, 1);
  EXPECT_NE(second.output.find("in use by a node"), std::string::npos) << second.output;
  EXPECT_EQ(first.command({"status"}).status, 0) << "the first one lost its socket";
}

// A restore has the directory, in which there may be nothing yet.
TEST_F(Node, DoesNotStartInADirectoryThatSomebodyElseHasLocked) {
  NodeProcess node(folder);
  std::filesystem::create_directories(node.data());
  const auto lock = store::FolderLock::take(node.data());
  ASSERT_TRUE(static_cast<bool>(lock)) << lock.error().what;
  EXPECT_FALSE(node.start());
  EXPECT_NE(node.errors().find("in use by a node, a backup or a restore"), std::string::npos)
      << node.errors();
  EXPECT_TRUE(std::filesystem::is_empty(node.data()));
}

TEST_F(Node, AMistakeInTheFileStopsTheStartWithItsPlace) {
  write("[net]\nhandshake_second = 3\n");
  const std::string file = folder + "/rollcall.toml";
  const Finished finished = run({ROLLCALLD, "--config", file, "--data", folder + "/data"});
  EXPECT_EQ(finished.status, 1);
  EXPECT_NE(finished.output.find(file + ":2:1: unknown key net.handshake_second; did you mean "
                                        "net.handshake_seconds?"),
            std::string::npos)
      << finished.output;
}

TEST_F(Node, ReloadTakesWhatItCanAndSaysWhatItCannot) {
  NodeProcess node(folder);
  ASSERT_TRUE(node.start()) << node.errors();
  write(std::string(kConfig) + "[trace]\nlevel = \"debug\"\n[net]\nhandshake_seconds = 3\n");
  const Finished done = node.command({"reload"});
  EXPECT_EQ(done.status, 0) << done.output;
  EXPECT_NE(done.output.find("net.handshake_seconds: "), std::string::npos) << done.output;
  EXPECT_NE(node.command({"show", "trace"}).output.find("debug"), std::string::npos);

  write(std::string(kConfig) + "[trace]\nlevel = \"loud\"\n");
  const Finished refused = node.command({"reload"});
  EXPECT_EQ(refused.status, 1);
  EXPECT_NE(refused.output.find("rollcall.toml:11:9: trace.level"), std::string::npos)
      << refused.output;
  EXPECT_NE(node.command({"show", "trace"}).output.find("debug"), std::string::npos)
      << "a refused reload changed something";

  write(std::string(kConfig) + "[trace]\nlevel = \"warn\"\n");
  node.signal(SIGHUP);
  EXPECT_TRUE(NodeProcess::wait([&] {
    return node.command({"show", "trace"}).output.find("debug") == std::string::npos;
  }));
}

TEST_F(Node, TestSwitchesAreShoutedAbout) {
  write(
      "[[listener]]\naddress = \"127.0.0.1\"\nport = 0\ntls = \"off\"\nsasl_without_tls = true\n"
      "[login]\nregistration = true\n[admin]\nmetrics = false\n");
  NodeProcess node(folder);
  ASSERT_TRUE(node.start()) << node.errors();
  const std::string output = node.output();
  for (const char* words :
       {"does not require TLS", "takes logins without TLS", "anybody can create accounts"}) {
    const size_t at = output.find(words);
    ASSERT_NE(at, std::string::npos) << words;
    EXPECT_NE(output.rfind("WARNING: ", at), std::string::npos) << words;
  }
  EXPECT_FALSE(node.ports().contains("http"));
}

// DESIGN 11: OpenSSL beside BoringSSL in one process ends in a crash.
TEST_F(Node, OpenSslIsNeverInTheProcess) {
  NodeProcess node(folder);
  ASSERT_TRUE(node.start({"--demo"})) << node.errors();
  const std::string maps = read_all("/proc/" + std::to_string(node.pid()) + "/maps");
  ASSERT_NE(maps.find("libssl.so"), std::string::npos) << "this test looks in the wrong place";
  EXPECT_EQ(maps.find("libssl.so.3"), std::string::npos);
  EXPECT_EQ(maps.find("libcrypto.so.3"), std::string::npos);
}

TEST_F(Node, RunsOnEpollToo) {
  NodeProcess node(folder);
  ASSERT_TRUE(node.start({"--io", "epoll"})) << node.errors();
  EXPECT_NE(node.command({"--json", "status"}).output.find("\"io\":\"epoll\""), std::string::npos);
  node.signal(SIGTERM);
  EXPECT_EQ(node.join(), 0);
}

TEST_F(Node, TellsTheServiceManager) {
  const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
  const std::string path = folder + "/notify";
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  ASSERT_EQ(bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  std::string told;
  const auto tells = [&](const std::string& words) {
    return NodeProcess::wait([&] {
      char buffer[1024];
      const ssize_t got = recv(fd, buffer, sizeof buffer, 0);
      if (got > 0) told.append(buffer, static_cast<size_t>(got)) += '\n';
      return told.find(words) != std::string::npos;
    });
  };
  NodeProcess node(folder);
  ASSERT_TRUE(node.start({}, path)) << node.errors();
  EXPECT_TRUE(tells("READY=1"));
  told.clear();
  node.signal(SIGHUP);
  EXPECT_TRUE(tells("RELOADING=1\nMONOTONIC_USEC="));
  EXPECT_TRUE(tells("READY=1"));
  node.signal(SIGTERM);
  EXPECT_TRUE(tells("STOPPING=1"));
  EXPECT_EQ(node.join(), 0);
  close(fd);
}

}  // namespace
}  // namespace appliance
