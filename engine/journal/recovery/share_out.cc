#include "engine/journal/recovery/share_out.h"

#include <map>
#include <utility>

namespace journal {

void join_copies(std::vector<engine::JournalEntry>& entries) {
  std::map<engine::JournalKey, size_t> first;
  std::vector<engine::JournalEntry> joined;
  for (engine::JournalEntry& entry : entries) {
    const auto [known, fresh] = first.emplace(entry.key, joined.size());
    if (fresh) {
      joined.push_back(std::move(entry));
    } else if (joined[known->second].note.empty()) {
      joined[known->second] = std::move(entry);
    }
  }
  entries = std::move(joined);
}

}  // namespace journal
