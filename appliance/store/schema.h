// The database's schema, as the list of steps that led to it. Step n makes version n out of version
// n-1; PRAGMA user_version says how many have been taken. Steps are only ever added at the end.
// Runs once, when the store is opened.
#pragma once

#include <span>

#include "appliance/store/database.h"

namespace store {

std::span<const char* const> schema_steps();
inline constexpr int64_t kApplicationId = 0x526F6C6C;  // "Roll"; the first step sets it

// Takes the missing steps, each in a transaction of its own. Refuses a database that a newer
// program has written, and one that is not ours: `application_id` tells our files apart too.
base::Status migrate(Database& database, std::span<const char* const> steps,
                     int64_t application_id = kApplicationId);

}  // namespace store
