#include "appliance/cli/arguments.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <sstream>

namespace appliance {
namespace {

struct CommandLine {
  const char* name;
  const char* parameters;
  const char* help;
};
constexpr CommandLine kCommands[] = {
#define COMMAND(function, name, parameters, help) {name, parameters, help},
#include "appliance/admin/commands.def"
#undef COMMAND
};

constexpr CommandLine kJournalCommands[] = {
    {"journal check", "The journal's directory: `journal` in the data directory",
     "Read a stopped node's journal and tell of damage; needs no node"},
    {"journal repair", "The journal's directory: `journal` in the data directory",
     "Give up what a check finds damaged, so that the node starts; needs no node"},
};

constexpr const char* kDefaultSocket = "/var/lib/rollcall/admin.sock";
constexpr const char* kDefaultFile = "/etc/rollcall/rollcall.toml";

std::optional<int> parse(CLI::App& app, int argc, char** argv) {
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kExitOk : kExitUsage;
  }
  return std::nullopt;
}

// "user add" is the subcommand `add` of the subcommand `user`.
CLI::App* subcommand(CLI::App& app, const std::string& name, const std::string& help) {
  CLI::App* at = &app;
  std::istringstream words(name);
  std::string word;
  for (words >> word; words;) {
    std::string next;
    const bool last = !(words >> next);
    const auto same = at->get_subcommands([&](CLI::App* app) { return app->get_name() == word; });
    CLI::App* found = same.empty() ? at->add_subcommand(word, last ? help : "") : same.front();
    if (!last) found->require_subcommand(1);
    at = found;
    word = next;
  }
  return at;
}

void add_password(CLI::App& command, OperatorCall& call) {
  command.add_flag_callback(
      "--password-stdin", [&call] { call.password = PasswordFrom::standard_input; },
      "Read the password from standard input, its first line");
  command.add_flag_callback(
      "--generate", [&call] { call.password = PasswordFrom::generate; },
      "Make a random password and print it");
}

// A line of commands.def: its parameters become arguments, required or optional.
void add_command(CLI::App& app, const CommandLine& line, OperatorCall& call) {
  CLI::App* command = subcommand(app, line.name, line.help);
  bool wants_password = false;
  std::istringstream words(line.parameters);
  for (std::string word; words >> word;) {
    if (word == "password") {
      wants_password = true;
      add_password(*command, call);
      continue;
    }
    const bool optional = word.front() == '[';
    if (optional) word = word.substr(1, word.size() - 2);
    CLI::Option* option = command->add_option_function<std::string>(
        "--" + word + "," + word,
        [&call, word](const std::string& value) { call.arguments[word] = value; },
        word == "jid" ? "Address: name@domain, or a name at the first domain" : "");
    if (!optional) option->required();
  }
  command->callback([&call, line, wants_password] {
    call.command = line.name;
    call.wants_password = wants_password;
  });
}

void add_backup_commands(CLI::App& app, OperatorCall& call) {
  CLI::App* backup = subcommand(
      app, "backup", "Put everything a node keeps into one file, while it runs or is stopped");
  CLI::App* restore = subcommand(
      app, "restore", "Make a stopped node's data directory anew from a backup");
  backup->add_option("file", call.file, "The file to make")->required();
  restore->add_option("file", call.file, "The backup")->required();
  backup->add_flag("--force", call.force, "Replace the file if it is there");
  for (CLI::App* command : {backup, restore}) {
    command->add_flag("--check", call.check, "Only verify such a file, needing no node");
    command->add_option("--config", call.config_file,
                        "Configuration file of a stopped node; it names the data directory");
    const std::string name = command->get_name();
    command->callback([&call, name] { call.command = name; });
  }
}

void add_plan_command(CLI::App& app, OperatorCall& call) {
  CLI::App* command = subcommand(
      app, "plan", "Which profile and how many nodes a deployment needs, and why; needs no node");
  PlanRequest& plan = call.plan;
  command->add_option("--users", plan.users, "Accounts")->required();
  command->add_option("--clients-per-user", plan.clients_per_user, "Signed in at once")
      ->capture_default_str();
  command->add_option("--contacts", plan.contacts, "Contacts of each user, all online")
      ->capture_default_str();
  command->add_option("--messages-per-hour", plan.messages_per_hour, "Of each user, busy hour")
      ->capture_default_str();
  command->add_option("--rooms", plan.rooms, "Persistent chat rooms");
  command->add_option("--nodes", plan.nodes, "Check this number of nodes instead of finding it");
  command
      ->add_option_function<std::string>(
          "--high-availability",
          [&plan](const std::string& mode) {
            plan.high_availability = mode == "none"      ? HighAvailability::none
                                     : mode == "standby" ? HighAvailability::standby
                                                         : HighAvailability::balanced;
          },
          "Two nodes a group: each with half of the users, or one for all; or one node a group")
      ->expected(0, 1)
      ->default_str("balanced")
      ->check(CLI::IsMember({"none", "balanced", "standby"}));
  command->add_flag("--intercluster", plan.intercluster, "Users of other clusters are reached");
  command->add_flag("--persistent-chat", plan.persistent_chat, "Rooms that outlive a restart");
  command->add_flag("--centralized", plan.centralized, "Beside several telephony clusters");
  command->callback([&call] { call.command = "plan"; });
}

}  // namespace

std::optional<int> parse_node_arguments(int argc, char** argv, NodeOptions& options) {
  CLI::App app{"rollcalld: an instant messaging and presence server, one node"};
  app.set_version_flag("--version", ROLLCALL_VERSION);
  app.add_option("--config", options.config_file, "Configuration file, see rollcall.toml(5)");
  app.add_option("--data", options.data, "Directory of everything the node keeps");
  app.add_option("--shards", options.shards, "Worker threads")->check(CLI::Range(1, 64));
  app.add_option("--io", options.io, "How to speak to the kernel")
      ->check(CLI::IsMember({"auto", "uring", "epoll"}));
  app.add_flag("--demo", options.demo, "Make the accounts alice, bob and carol");
  return parse(app, argc, argv);
}

std::optional<int> parse_operator_arguments(int argc, char** argv, OperatorCall& call) {
  CLI::App app{"rollcall: the operator's command for a Rollcall node"};
  app.set_version_flag("--version", ROLLCALL_VERSION);
  app.fallthrough();
  app.require_subcommand(1);
  app.add_flag("--json", call.json, "Answer in JSON");
  auto* socket = app.add_option("--socket", call.socket, "The node's admin socket")
                     ->envname("ROLLCALL_SOCKET");
  app.add_option("--data", call.data, "The node's data directory (its socket is admin.sock there)")
      ->excludes(socket);
  for (const CommandLine& line : kCommands) {
    if (*line.help != '\0') add_command(app, line, call);
  }

  CLI::App* check = subcommand(app, "check config", "Check a configuration file; needs no node");
  std::string config_to_check = kDefaultFile;
  check->add_option("file", config_to_check, "The file")->capture_default_str();
  check->add_flag("--example", call.example, "Print a file with every key at its default");
  check->add_flag("--manual", call.manual, "Print the key list of rollcall.toml(5)")->group("");
  check->callback([&] {
    call.command = "check config";
    call.file = config_to_check;
  });
  add_backup_commands(app, call);
  add_plan_command(app, call);

  for (const CommandLine& line : kJournalCommands) {
    CLI::App* command = subcommand(app, line.name, line.help);
    command->add_option("folder", call.folder, line.parameters)->required();
    command->callback([&call, &line] { call.command = line.name; });
  }

  if (const auto status = parse(app, argc, argv)) return status;
  if (call.socket.empty()) {
    call.socket = call.data.empty() ? kDefaultSocket : call.data + "/admin.sock";
  }
  return std::nullopt;
}

}  // namespace appliance
