// What the schema says, written out: values, the commented example file, the manual's key list.
#include <sstream>

#include "appliance/config/schema.h"

namespace appliance {
namespace {

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

// `text` in lines of at most 96 columns, each with `prefix`.
void wrap(const std::string& text, const char* prefix, std::string& out) {
  constexpr size_t kColumns = 96;
  std::istringstream words(text);
  std::string line;
  for (std::string word; words >> word;) {
    if (!line.empty() && line.size() + 1 + word.size() > kColumns) {
      out += prefix + line + "\n";
      line.clear();
    }
    line += (line.empty() ? "" : " ") + word;
  }
  if (!line.empty()) out += prefix + line + "\n";
}

template <class Target>
std::string range(const Key<Target>& key) {
  if (key.kind == Kind::integer) {
    return "From " + std::to_string(key.low) + " to " + std::to_string(key.high) + ".";
  }
  if (key.kind != Kind::choice) return "";
  std::string text = "One of";
  for (const std::string& choice : key.choices) text += " " + quoted(choice);
  return text + ".";
}

template <class Target>
void write_example(const Key<Target>& key, const std::string& name, std::string& out) {
  std::string text = key.help;
  if (const std::string r = range(key); !r.empty()) text += " " + r;
  if (!key.pinned.empty()) text += " Needs a restart: " + key.pinned + ".";
  wrap(text, "# ", out);
  out += "#" + name + " = " + to_toml(key, key.get(Target{})) + "\n\n";
}

template <class Target>
void write_table_example(const char* name, const char* help, std::span<const Key<Target>> keys,
                         std::string& out) {
  wrap(help, "# ", out);
  out += std::string("#[[") + name + "]]\n\n";
  for (const Key<Target>& key : keys) write_example(key, key.path, out);
}

// man(7): a backslash, and a dot or quote at a line's start, have a meaning of their own.
std::string roff(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else {
      out += c;
    }
  }
  return out;
}

template <class Target>
void write_manual(const Key<Target>& key, const std::string& name, std::string& out) {
  out += ".TP\n.BR " + roff(name) + " \" = " + [&] {
    std::string value;
    for (const char c : to_toml(key, key.get(Target{}))) {
      value += c == '"' ? std::string("\\(dq") : std::string(1, c);
    }
    return value;
  }() + "\"\n";
  wrap(roff(key.help), "", out);
  wrap(roff(range(key)), "", out);
  if (!key.pinned.empty()) wrap("Needs a restart: " + roff(key.pinned) + ".", "", out);
}

}  // namespace

template <class Target>
std::string to_toml(const Key<Target>& key, const Value& value) {
  switch (key.kind) {
    case Kind::integer:
      return std::to_string(value.number);
    case Kind::boolean:
      return value.truth ? "true" : "false";
    case Kind::text:
      return quoted(value.text);
    case Kind::choice:
      return quoted(key.choices.at(static_cast<size_t>(value.number)));
    case Kind::list:
      break;
  }
  std::string out = "[";
  for (const std::string& item : value.list) out += (out.size() > 1 ? ", " : "") + quoted(item);
  return out + "]";
}
template std::string to_toml(const ConfigKey&, const Value&);
template std::string to_toml(const ListenerKey&, const Value&);
template std::string to_toml(const CertificateKey&, const Value&);
template std::string to_toml(const SipPeerKey&, const Value&);

std::string example_config() {
  std::string out =
      "# rollcall.toml: the configuration of a Rollcall node, see rollcall.toml(5).\n"
      "# Every key is shown with its default. The file may be empty.\n"
      "# After a change: `rollcall check config FILE`, then `rollcall reload`.\n\n";
  std::string section;
  const auto split = [](const std::string& path) { return path.rfind('.'); };
  for (const ConfigKey& key : config_keys()) {
    const size_t dot = split(key.path);
    const std::string here = dot == std::string::npos ? "" : key.path.substr(0, dot);
    if (here != section) {
      section = here;
      out += "[" + section + "]\n";
    }
    write_example(key, dot == std::string::npos ? key.path : key.path.substr(dot + 1), out);
  }
  write_table_example("listener", listener_help(), listener_keys(), out);
  write_table_example("certificate", certificate_help(), certificate_keys(), out);
  write_table_example("sip.peer", sip_peer_help(), sip_peer_keys(), out);
  while (out.ends_with("\n\n")) out.pop_back();
  return out;
}

std::string manual_keys() {
  std::string out;
  for (const ConfigKey& key : config_keys()) write_manual(key, key.path, out);
  out += ".SS [[listener]]\n" + roff(listener_help()) + "\n";
  for (const ListenerKey& key : listener_keys()) write_manual(key, key.path, out);
  out += ".SS [[certificate]]\n" + roff(certificate_help()) + "\n";
  for (const CertificateKey& key : certificate_keys()) write_manual(key, key.path, out);
  out += ".SS [[sip.peer]]\n" + roff(sip_peer_help()) + "\n";
  for (const SipPeerKey& key : sip_peer_keys()) write_manual(key, key.path, out);
  return out;
}

}  // namespace appliance
