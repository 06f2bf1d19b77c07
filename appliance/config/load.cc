// TOML to Config. The only place that includes toml++.
#define TOML_EXCEPTIONS 0
#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "appliance/config/schema.h"
#include "appliance/config/suggest.h"
#include "appliance/config/validate.h"

namespace appliance {
namespace {

Position position(const toml::source_region& region) {
  return {.line = region.begin.line, .column = region.begin.column};
}

std::string kind_of(const toml::node& node) {
  switch (node.type()) {
    case toml::node_type::table:
      return "a table";
    case toml::node_type::array:
      return "an array";
    case toml::node_type::string:
      return "a string";
    case toml::node_type::integer:
      return "an integer";
    case toml::node_type::floating_point:
      return "a fraction";
    case toml::node_type::boolean:
      return "a boolean";
    default:
      return "a date or time";
  }
}

template <class Target>
std::string wanted(const Key<Target>& key) {
  switch (key.kind) {
    case Kind::integer:
      return "an integer from " + std::to_string(key.low) + " to " + std::to_string(key.high);
    case Kind::boolean:
      return "true or false";
    case Kind::text:
      return "a string";
    case Kind::list:
      return "an array of strings";
    case Kind::choice:
      break;
  }
  std::string text = "one of";
  for (const std::string& choice : key.choices) text += " \"" + choice + "\"";
  return text;
}

// False: the node is of another type, or outside the key's range.
template <class Target>
bool convert(const toml::node& node, const Key<Target>& key, Value& value) {
  switch (key.kind) {
    case Kind::integer: {
      const auto* number = node.as_integer();
      if (number == nullptr) return false;
      value.number = number->get();
      return value.number >= key.low && value.number <= key.high;
    }
    case Kind::boolean: {
      const auto* truth = node.as_boolean();
      if (truth == nullptr) return false;
      value.truth = truth->get();
      return true;
    }
    case Kind::text:
    case Kind::choice: {
      const auto* text = node.as_string();
      if (text == nullptr) return false;
      value.text = text->get();
      if (key.kind == Kind::text) return true;
      const auto found = std::find(key.choices.begin(), key.choices.end(), value.text);
      value.number = found - key.choices.begin();
      return found != key.choices.end();
    }
    case Kind::list: {
      const auto* array = node.as_array();
      if (array == nullptr) return false;
      for (const toml::node& item : *array) {
        if (!item.is_string()) return false;
        value.list.push_back(item.as_string()->get());
      }
      return true;
    }
  }
  return false;
}

std::string shown(const toml::node& node) {
  if (const auto* number = node.as_integer()) return std::to_string(number->get());
  if (const auto* text = node.as_string()) return "\"" + text->get() + "\"";
  return kind_of(node);
}

class Loader {
 public:
  explicit Loader(LoadedConfig& out) : out_(out) {}

  void load(const toml::table& root) {
    load_tables(root);
    validate(out_.config, positions_, out_.problems);
  }

 private:
  void problem(Position at, std::string message, std::string remedy) {
    out_.problems.push_back({at.line, at.column, std::move(message), std::move(remedy)});
  }

  template <class Target>
  void set(Target& target, const Key<Target>& key, const std::string& path,
           const toml::node& node) {
    Value value;
    if (convert(node, key, value)) {
      key.set(target, value);
      return;
    }
    problem(position(node.source()), path + " is " + shown(node),
            "it must be " + wanted(key) + "; the default is " + to_toml(key, key.get(Target{})));
  }

  void unknown(const toml::key& key, const std::string& path,
               const std::vector<std::string>& known) {
    const std::string close = closest(path, known);
    problem(position(key.source()), "unknown key " + path,
            close.empty() ? "remove it; rollcall.toml(5) lists the keys"
                          : "did you mean " + close + "?");
  }

  // [[listener]] and [[certificate]].
  template <class Target>
  void load_array(const std::string& name, const toml::node& node,
                  std::span<const Key<Target>> keys, std::vector<Target>& into) {
    const auto* array = node.as_array();
    if (array == nullptr || !std::all_of(array->begin(), array->end(),
                                         [](const toml::node& item) { return item.is_table(); })) {
      problem(position(node.source()), name + " is " + kind_of(node),
              "start each with a line [[" + name + "]]");
      return;
    }
    std::vector<std::string> known;
    for (const Key<Target>& key : keys) known.push_back(key.path);
    for (const toml::node& item : *array) {
      const std::string prefix = name + "[" + std::to_string(into.size()) + "]";
      positions_[prefix] = position(item.source());
      Target target;
      for (const auto& [key, value] : *item.as_table()) {
        const std::string path(key.str());
        positions_[prefix + "." + path] = position(value.source());
        const auto found =
            std::find_if(keys.begin(), keys.end(), [&](const auto& k) { return k.path == path; });
        if (found == keys.end()) {
          unknown(key, path, known);
        } else {
          set(target, *found, name + "." + path, value);
        }
      }
      into.push_back(std::move(target));
    }
  }

  void load_tables(const toml::table& root) {
    std::vector<std::string> known{"listener", "certificate"};
    for (const ConfigKey& key : config_keys()) known.push_back(key.path);
    // Tables still to be read, with the path to each. No recursion: the file chooses the depth.
    std::vector<std::pair<std::string, const toml::table*>> waiting{{"", &root}};
    while (!waiting.empty()) {
      const auto [prefix, table] = waiting.back();
      waiting.pop_back();
      for (const auto& [key, node] : *table) {
        const std::string path = prefix + std::string(key.str());
        positions_[path] = position(node.source());
        if (path == "listener") {
          load_array(path, node, listener_keys(), out_.config.listeners);
        } else if (path == "certificate") {
          load_array(path, node, certificate_keys(), out_.config.certificates);
        } else {
          load_key(key, path, node, known, waiting);
        }
      }
    }
  }

  void load_key(const toml::key& name, const std::string& path, const toml::node& node,
                const std::vector<std::string>& known,
                std::vector<std::pair<std::string, const toml::table*>>& waiting) {
    for (const ConfigKey& key : config_keys()) {
      if (key.path == path) return set(out_.config, key, path, node);
    }
    const bool section = std::any_of(known.begin(), known.end(), [&](const std::string& key) {
      return key.starts_with(path + ".");
    });
    if (!section) return unknown(name, path, known);
    if (const auto* table = node.as_table()) {
      waiting.emplace_back(path + ".", table);
    } else {
      problem(position(node.source()), path + " is " + kind_of(node),
              "it must be a table: start it with a line [" + path + "]");
    }
  }

  LoadedConfig& out_;
  Positions positions_;
};

}  // namespace

LoadedConfig load_config(base::Bytes text) {
  LoadedConfig loaded;
  const toml::parse_result parsed = toml::parse(text);
  if (!parsed) {
    const toml::parse_error& error = parsed.error();
    const Position at = position(error.source());
    loaded.problems.push_back({at.line, at.column, std::string(error.description()),
                               "correct the TOML here; strings want quotes, tables a [line]"});
    return loaded;
  }
  Loader(loaded).load(parsed.table());
  std::sort(loaded.problems.begin(), loaded.problems.end(), [](const Problem& a, const Problem& b) {
    return std::pair(a.line, a.column) < std::pair(b.line, b.column);
  });
  return loaded;
}

LoadedConfig load_config_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (!file || (file.peek() != EOF && !(text << file.rdbuf()))) {
    LoadedConfig loaded;
    loaded.problems.push_back(
        {0, 0, "cannot be read", "correct the path, or let the node's user read it"});
    return loaded;
  }
  return load_config(text.str());
}

}  // namespace appliance
