// The database's schema, as the list of steps that led to it. Step n makes version n out of version
// n-1; PRAGMA user_version says how many have been taken. Steps are only ever added at the end.
// Runs once, when the store is opened.
#pragma once

#include <span>

#include "appliance/store/database.h"

namespace store {

std::span<const char* const> schema_steps();

// Takes the missing steps, each in a transaction of its own. Refuses a database that a newer
// program has written, and one that is not ours.
base::Status migrate(Database& database, std::span<const char* const> steps);

}  // namespace store
