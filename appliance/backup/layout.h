// What is in a backup under which name, and what a data directory has from it. A program that gives
// a backup more than this raises kFormat (manifest.h).
// Values; any thread.
#pragma once

#include <string>

#include "engine/base/bytes.h"

namespace backup {

inline constexpr const char* kFormatEntry = "rollcall-backup";
inline constexpr const char* kManifestEntry = "manifest.json";
inline constexpr base::Bytes kData = "data/";
inline constexpr base::Bytes kConfiguration = "configuration/";
inline constexpr const char* kConfigurationFile = "rollcall.toml";  // in the latter
// In the latter, those that it names; in the data directory, the node's own.
inline constexpr const char* kCertificates = "certificates";
inline constexpr const char* kJournal = "journal";

// What a node keeps beside databases, journal and certificates. What is made anew at each start
// (the socket, `listening`, locks) is not.
inline constexpr const char* kSmallFiles[] = {"secret", "demo-users"};

// Nothing else is taken from a file, however well it is sealed.
bool is_known_entry(const std::string& name);

}  // namespace backup
