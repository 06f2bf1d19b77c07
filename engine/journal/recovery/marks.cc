#include "engine/journal/recovery/marks.h"

#include <cstdio>

#include "engine/base/check.h"
#include "engine/base/crc32c.h"

namespace journal {

namespace {

constexpr size_t kMarkBytesMax = 1 << 20;

std::string name_of(uint64_t epoch, const char* what) {
  char name[64];
  const int length = std::snprintf(name, sizeof name, "epoch-%08llu.%s",
                                   static_cast<unsigned long long>(epoch), what);
  CHECK(length > 0 && static_cast<size_t>(length) < sizeof name);
  return {name, static_cast<size_t>(length)};
}

std::string last_line(base::Bytes text) {
  char line[32];
  const int length = std::snprintf(line, sizeof line, "checksum %08x\n", base::crc32c(0, text));
  CHECK(length > 0 && static_cast<size_t>(length) < sizeof line);
  return {line, static_cast<size_t>(length)};
}

base::Status write_mark(Files& files, const std::string& name, std::string text) {
  text += last_line(text);
  CHECK(text.size() < kMarkBytesMax);
  const std::string unfinished = "new-" + name;
  const auto names = files.list();
  if (!names) return names.error();
  for (const std::string& there : *names) {
    if (there != unfinished) continue;
    if (auto removed = files.remove(unfinished); !removed) return removed;
  }
  const auto file = files.create(unfinished, text.size());
  if (!file) return file.error();
  base::Status done = files.write(*file, 0, text);
  if (done) done = files.sync(*file);
  files.close(*file);
  if (done) done = files.rename(unfinished, name);
  if (done) done = files.sync_folder();
  return done;
}

base::Result<std::string> read_mark(Files& files, const std::string& name) {
  const auto file = files.open(name);
  if (!file) return file.error();
  std::string text;
  const auto read = files.read(*file, 0, kMarkBytesMax, text);
  files.close(*file);
  if (!read) return base::Error{name + ": " + read.error().what};
  constexpr size_t kLastLine = sizeof "checksum 01234567\n" - 1;
  if (text.size() < kLastLine) return base::Error{name + " is damaged"};
  const std::string content = text.substr(0, text.size() - kLastLine);
  if (text.substr(content.size()) != last_line(content)) return base::Error{name + " is damaged"};
  return content;
}

}  // namespace

std::string complete_mark_name(uint64_t epoch) { return name_of(epoch, "complete"); }
std::string accepted_name(uint64_t epoch) { return name_of(epoch, "accepted"); }

std::optional<uint64_t> parse_complete_mark_name(base::Bytes name) {
  unsigned long long epoch = 0;
  if (std::sscanf(std::string(name).c_str(), "epoch-%8llu", &epoch) != 1) return std::nullopt;
  if (complete_mark_name(epoch) != name) return std::nullopt;
  return epoch;
}

base::Status write_complete_mark(Files& files, const CompleteMark& mark) {
  CHECK(mark.epoch > 0 && mark.shards > 0);
  return write_mark(files, complete_mark_name(mark.epoch),
                    "epoch " + std::to_string(mark.epoch) + " of " + std::to_string(mark.shards) +
                        " shards is complete\n");
}

base::Result<CompleteMark> read_complete_mark(Files& files, uint64_t epoch) {
  const std::string name = complete_mark_name(epoch);
  const auto text = read_mark(files, name);
  if (!text) return text.error();
  unsigned long long number = 0;
  CompleteMark mark;
  const int found = std::sscanf(text->c_str(), "epoch %llu of %u shards", &number, &mark.shards);
  if (found != 2 || number != epoch || mark.shards == 0) return base::Error{name + " is damaged"};
  mark.epoch = epoch;
  return mark;
}

base::Status write_accepted(Files& files, uint64_t epoch, const std::vector<AcceptedDamage>& list) {
  std::string text;
  for (const AcceptedDamage& damage : list) {
    text += "shard " + std::to_string(damage.shard) + " from " + std::to_string(damage.from) +
            " to " + std::to_string(damage.to) + "\n";
  }
  return write_mark(files, accepted_name(epoch), text);
}

base::Result<std::vector<AcceptedDamage>> read_accepted(Files& files, uint64_t epoch) {
  const auto text = read_mark(files, accepted_name(epoch));
  if (!text) return text.error();
  std::vector<AcceptedDamage> list;
  for (size_t at = 0; at < text->size(); at = text->find('\n', at) + 1) {
    unsigned long long from = 0;
    unsigned long long to = 0;
    AcceptedDamage damage;
    if (std::sscanf(text->c_str() + at, "shard %u from %llu to %llu", &damage.shard, &from, &to) !=
        3) {
      return base::Error{accepted_name(epoch) + " is damaged"};
    }
    damage.from = from;
    damage.to = to;
    list.push_back(damage);
    if (text->find('\n', at) == std::string::npos) break;
  }
  return list;
}

}  // namespace journal
