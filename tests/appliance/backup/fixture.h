// A data directory as a node leaves it, and a folder for files, gone when the test ends.
// One test, one thread.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <string>

#include "appliance/backup/backup.h"
#include "appliance/backup/restore.h"
#include "appliance/store/archive/archive_store.h"
#include "appliance/store/store.h"
#include "engine/journal/disk/posix_files.h"
#include "engine/journal/recovery/epoch.h"

namespace backup {

struct NoFailure final : journal::DiskFailure {
  void journal_failed(const std::string&) override { ADD_FAILURE(); }
};

inline std::string read_whole(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}
inline void write_whole(const std::string& path, const std::string& content) {
  std::ofstream(path, std::ios::binary) << content;
}

class BackupTest : public testing::Test {
 protected:
  BackupTest() {
    char path[] = "/tmp/rollcall_backup_XXXXXX";
    folder = ::mkdtemp(path);
    data = folder + "/data";
    file = folder + "/file";
    make_data();
  }
  ~BackupTest() override { std::filesystem::remove_all(folder); }

  void make_data() {
    std::filesystem::create_directories(data + "/certificates");
    const auto deliver = [](engine::ShardId, engine::QuestionPtr) {};
    store::StoreOptions options;
    options.path = data + "/rollcall.sqlite";
    options.iterations = 1;
    const auto accounts = store::Store::open(options, deliver);
    ASSERT_TRUE(static_cast<bool>(accounts)) << accounts.error().what;
    im::StoreRequest request;
    request.kind = im::StoreKind::create_account;
    request.user = "alice@example.org";
    request.text = "secret";
    (*accounts)->call(request);
    ASSERT_EQ(request.status, im::StoreStatus::ok);
    store::ArchiveOptions archive;
    archive.path = data + "/archive.db";
    archive.wall_now = [] { return base::WallTime{}; };
    ASSERT_TRUE(static_cast<bool>(store::ArchiveStore::open(archive, deliver)));
    write_whole(data + "/secret", std::string(32, 's'));
    write_whole(data + "/demo-users", "alice secret\n");
    write_whole(data + "/certificates/localhost.key", "key");
    write_whole(data + "/listening", "what is made anew");
    make_journal();
  }
  void make_journal() {
    auto files = journal::PosixFiles::open_folder(data + "/journal");
    journal::JournalOptions options;
    options.segment_bytes = 64 << 10;
    auto keeper = journal::SegmentKeeper::open(**files, options.segment_bytes);
    NoFailure failure;
    const auto begun = journal::begin_epoch(**files, *keeper, {1, 7, options, &failure},
                                            {{{{1, 1}, "first", ""}}, {{{1, 2}, "second", "x"}}});
    ASSERT_TRUE(static_cast<bool>(begun));
    for (const auto& journal : *begun) committed.push_back(journal->progress()->committed);
  }

  base::Result<BackupReport> take(RunningNode* node = nullptr, bool force = false) {
    BackupOptions options;
    options.file = file;
    options.force = force;
    options.data = data;
    options.config_file = config_file;
    options.node = node;
    options.now = base::WallTime{1'800'000'000'000'000};
    options.go_on = [this] { return question(); };
    return take_backup(options);
  }
  base::Result<RestoreReport> restore(const std::string& to) {
    return restore_backup(
        {file, to, base::WallTime{1'800'000'000'000'000}, [this] { return question(); }});
  }
  bool question() {
    meanwhile();
    return ++asked != stop_at;
  }
  static bool always() { return true; }
  std::vector<std::string> names(const std::string& below = "") const {
    std::vector<std::string> found;
    for (const auto& item : std::filesystem::directory_iterator(folder + below)) {
      found.push_back(item.path().filename().string());
    }
    std::sort(found.begin(), found.end());
    return found;
  }

  std::string folder;
  std::string data;
  std::string file;
  std::string config_file;
  std::vector<uint64_t> committed;
  std::function<void()> meanwhile = [] {};  // whoever works is somewhere in the middle
  int asked = 0;
  int stop_at = -1;  // at which question whoever works is told to stop
};

}  // namespace backup
