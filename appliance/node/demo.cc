#include "appliance/node/demo.h"

#include "appliance/node/files.h"

namespace appliance {
namespace {

constexpr const char* kNames[] = {"alice", "bob", "carol"};
constexpr size_t kPasswordOctets = 8;  // 64 random bits, 16 characters to type

base::Result<std::vector<DemoUser>> read_users(const std::string& path) {
  const auto text = read_file(path);
  if (!text) return text.error();
  std::vector<DemoUser> users;
  for (const std::string& line : lines_of(*text)) {
    const size_t space = line.find(' ');
    if (space == 0 || space == std::string::npos || space + 1 == line.size()) {
      return base::Error{path + " has a line that is not `user password`; remove the file"};
    }
    users.push_back({line.substr(0, space), line.substr(space + 1)});
  }
  return users;
}

base::Result<std::vector<DemoUser>> make_users(const std::string& path, base::Random& random) {
  std::vector<DemoUser> users;
  std::string text;
  for (const char* name : kNames) {
    DemoUser user{.name = name, .password = ""};
    random.token(kPasswordOctets, user.password);
    text += user.name + " " + user.password + "\n";
    users.push_back(std::move(user));
  }
  if (auto written = write_file(path, text, 0600); !written) return written.error();
  return users;
}

}  // namespace

base::Result<std::vector<DemoUser>> prepare_demo_users(const std::string& data,
                                                       const std::string& domain,
                                                       store::Store& store, base::Random& random) {
  const std::string path = data + "/demo-users";
  const bool fresh = !file_exists(path);
  auto users = fresh ? make_users(path, random) : read_users(path);
  if (!users) return users;
  for (const DemoUser& user : *users) {
    im::StoreRequest request;
    request.kind = im::StoreKind::create_account;
    request.user = user.name + "@" + domain;
    request.text = user.password;
    store.call(request);
    // The account may be older than the file: then the file's password is made true.
    if (request.status == im::StoreStatus::exists && fresh) {
      request.kind = im::StoreKind::set_password;
      store.call(request);
    }
    if (request.status != im::StoreStatus::ok && request.status != im::StoreStatus::exists) {
      return base::Error{"the database refused the demo user " + request.user};
    }
  }
  return users;
}

}  // namespace appliance
