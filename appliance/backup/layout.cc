#include "appliance/backup/layout.h"

#include "appliance/store/snapshot.h"

namespace backup {

namespace {

// A file right in that directory.
bool is_in(base::Bytes name, base::Bytes folder) {
  return name.size() > folder.size() + 1 && name.starts_with(folder) &&
         name.find('/') == folder.size() && name.rfind('/') == folder.size();
}

bool is_known_data(base::Bytes name) {
  for (const char* small : kSmallFiles) {
    if (name == small) return true;
  }
  for (const store::DatabaseKind kind : store::kDatabaseKinds) {
    if (name == store::file_name(kind)) return true;
  }
  return is_in(name, kCertificates) || is_in(name, kJournal);
}

}  // namespace

bool is_known_entry(const std::string& name) {
  const base::Bytes whole(name);
  if (whole == kFormatEntry || whole == kManifestEntry) return true;
  if (whole.starts_with(kData)) return is_known_data(whole.substr(kData.size()));
  if (!whole.starts_with(kConfiguration)) return false;
  const base::Bytes rest = whole.substr(kConfiguration.size());
  return rest == kConfigurationFile || is_in(rest, kCertificates);
}

}  // namespace backup
