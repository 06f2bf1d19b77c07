// A scenario file, read into steps. One step a line; indented lines continue the one before.
// README.md describes the language.
#pragma once

#include <string>
#include <vector>

namespace scenario {

enum class Verb {
  connects,     // opens a stream, logs in, binds a resource
  opens,        // … a stream only: what follows is said by the scenario
  logs_in,      // … and logs in, but does not bind
  goes_online,  // initial presence; swallows its reflection
  sends,
  receives,  // the next elements, in this order
  receives_any_order,
  receives_nothing,
  forgets,      // whatever has come or is on its way
  disconnects,  // in peace
  loses_connection,
  resumes,  // XEP-0198, with the identifier and the count the client has
  is_disconnected,
  befriend,  // `other`: both subscribed to each other
};

struct Step {
  int line = 0;
  Verb verb = Verb::sends;
  std::string client;
  std::string other;
  std::string text;
};

struct Script {
  std::string title;
  std::vector<std::string> needs;  // what the server must have switched on
  std::vector<Step> steps;
};

// False: `error` names the line and what is wrong with it.
bool parse_script(const std::string& text, Script& out, std::string& error);

}  // namespace scenario
