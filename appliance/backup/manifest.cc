#include "appliance/backup/manifest.h"

#include <simdjson.h>

#include "appliance/json/json.h"
#include "appliance/store/snapshot.h"

namespace backup {

namespace {

using simdjson::SUCCESS;
using simdjson::dom::array;
using simdjson::dom::element;
using simdjson::dom::object;

bool get_text(object from, const char* key, std::string& out) {
  std::string_view text;
  if (from[key].get(text) != SUCCESS) return false;
  out = text;
  return true;
}

bool get_entries(object from, std::vector<Entry>& out) {
  array entries;
  if (from["entries"].get(entries) != SUCCESS) return false;
  for (const element item : entries) {
    object members;
    Entry entry;
    if (item.get(members) != SUCCESS || !get_text(members, "name", entry.name) ||
        members["bytes"].get(entry.bytes) != SUCCESS ||
        !get_text(members, "sha256", entry.sha256)) {
      return false;
    }
    out.push_back(std::move(entry));
  }
  return true;
}

bool get_schemas(object from, std::map<std::string, int64_t>& out) {
  object schemas;
  if (from["schemas"].get(schemas) != SUCCESS) return false;
  for (const auto member : schemas) {
    if (member.value.get(out[std::string(member.key)]) != SUCCESS) return false;
  }
  return true;
}

base::Status check_schemas(const Manifest& manifest) {
  for (const auto& [name, version] : manifest.schemas) {
    int64_t known = -1;
    for (const store::DatabaseKind kind : store::kDatabaseKinds) {
      if (name == store::file_name(kind)) known = store::known_schema(kind);
    }
    if (version <= known) continue;
    return base::Error{
        "it was made by a newer Rollcall (" + manifest.product + "; schema " +
        std::to_string(version) + " of " + name + ", this program knows " +
        (known < 0 ? std::string("no such file") : "up to " + std::to_string(known)) +
        "): install that version, then restore"};
  }
  return base::Status::ok();
}

}  // namespace

uint64_t Manifest::bytes() const {
  uint64_t sum = 0;
  for (const Entry& entry : entries) sum += entry.bytes;
  return sum;
}

std::string to_json(const Manifest& manifest) {
  std::string text;
  appliance::JsonWriter out(text);
  out.begin_object()
      .member("format", manifest.format)
      .member("product", manifest.product)
      .member("created", manifest.created)
      .member("data", manifest.data)
      .member("config_file", manifest.config_file)
      .flag("running", manifest.running);
  out.key("schemas").begin_object();
  for (const auto& [name, version] : manifest.schemas) out.member(name, version);
  out.end_object();
  out.member("journal_epoch", manifest.journal_epoch)
      .member("journal_entries", manifest.journal_entries);
  out.key("entries").begin_array();
  for (const Entry& entry : manifest.entries) {
    out.begin_object()
        .member("name", entry.name)
        .member("bytes", static_cast<int64_t>(entry.bytes))
        .member("sha256", entry.sha256)
        .end_object();
  }
  out.end_array().end_object();
  return text + "\n";
}

base::Result<Manifest> parse_manifest(base::Bytes json) {
  simdjson::dom::parser parser;
  object members;
  Manifest manifest;
  if (parser.parse(json.data(), json.size()).get(members) != SUCCESS ||
      members["format"].get(manifest.format) != SUCCESS ||
      !get_text(members, "product", manifest.product)) {
    return base::Error{"its manifest cannot be read"};
  }
  if (manifest.format > kFormat) {
    return base::Error{"it was made by a newer Rollcall (" + manifest.product + "; format " +
                       std::to_string(manifest.format) + ", this program knows up to " +
                       std::to_string(kFormat) + "): install that version, then restore"};
  }
  if (!get_text(members, "created", manifest.created) ||
      !get_text(members, "data", manifest.data) ||
      !get_text(members, "config_file", manifest.config_file) ||
      members["running"].get(manifest.running) != SUCCESS ||
      members["journal_epoch"].get(manifest.journal_epoch) != SUCCESS ||
      members["journal_entries"].get(manifest.journal_entries) != SUCCESS ||
      !get_schemas(members, manifest.schemas) || !get_entries(members, manifest.entries)) {
    return base::Error{"its manifest lacks something"};
  }
  if (auto checked = check_schemas(manifest); !checked) return checked.error();
  return manifest;
}

}  // namespace backup
