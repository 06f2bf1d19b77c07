#include "appliance/cli/journal_report.h"

#include "appliance/json/json.h"
#include "engine/journal/disk/posix_files.h"
#include "engine/journal/recovery/recover.h"

namespace appliance {
namespace {

int64_t count_entries(const journal::Recovered& found, uint32_t shard) {
  int64_t count = 0;
  for (const journal::RecoveredEntry& entry : found.entries) count += entry.shard == shard ? 1 : 0;
  return count;
}

std::string as_json(const std::string& folder, const journal::Recovered& found, bool repaired) {
  std::string line;
  JsonWriter out(line);
  out.begin_object().member("folder", folder);
  out.member("epoch", static_cast<int64_t>(found.epoch));
  out.flag("whole", found.damages.empty()).flag("repaired", repaired);
  out.key("shards").begin_array();
  for (const journal::LogSummary& log : found.logs) {
    out.begin_object().member("shard", static_cast<int64_t>(log.log.shard));
    out.member("entries", count_entries(found, log.log.shard));
    out.member("records", static_cast<int64_t>(log.records));
    out.flag("unfinished_commit", log.torn).end_object();
  }
  out.end_array();
  out.key("damages").begin_array();
  for (const journal::Damage& damage : found.damages) {
    out.begin_object().member("shard", static_cast<int64_t>(damage.shard));
    out.member("file", damage.file).member("offset", static_cast<int64_t>(damage.offset));
    out.member("bytes", static_cast<int64_t>(damage.to - damage.from));
    out.member("records_saved", static_cast<int64_t>(damage.records_saved));
    out.member("what", damage.what).end_object();
  }
  out.end_array();
  out.key("warnings").begin_array();
  for (const std::string& warning : found.warnings) {
    out.begin_object().member("what", warning).end_object();
  }
  out.end_array().end_object();
  return line + "\n";
}

std::string as_text(const std::string& folder, const journal::Recovered& found, bool repair) {
  if (found.epoch == 0) return folder + " holds no journal\n";
  std::string text = "epoch " + std::to_string(found.epoch) + "\n";
  for (const journal::LogSummary& log : found.logs) {
    text += "shard " + std::to_string(log.log.shard) + ": " +
            std::to_string(count_entries(found, log.log.shard)) + " entries in " +
            std::to_string(log.records) + " records\n";
  }
  for (const std::string& warning : found.warnings) text += "note: " + warning + "\n";
  for (const journal::Damage& damage : found.damages) {
    text += "damage: " + journal::describe(damage) + "\n";
  }
  if (found.damages.empty()) return text + "the journal is whole\n";
  if (!repair) {
    return text + "the node will not start with it; `rollcall journal repair " + folder +
           "` gives up what cannot be read there\n";
  }
  return text +
         "given up: what cannot be read in these places. Messages that were there and had not "
         "been delivered are lost; discharges that were there are not known, so messages may be "
         "delivered again. The node will start.\n";
}

}  // namespace

base::Result<JournalReport> report_on_journal(const std::string& folder, bool repair, bool json) {
  auto files = journal::PosixFiles::open_folder(folder, false);
  if (!files) return files.error();
  const auto found = repair ? journal::repair(**files) : journal::examine(**files);
  if (!found) return found.error();
  const bool damaged = !found->damages.empty();
  return JournalReport{
      json ? as_json(folder, *found, repair && damaged) : as_text(folder, *found, repair),
      damaged && !repair};
}

}  // namespace appliance
