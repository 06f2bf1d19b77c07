#include "appliance/store/snapshot.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "appliance/store/archive/archive_queries.h"
#include "appliance/store/schema.h"
#include "engine/base/hexadecimal.h"

namespace store {

static constexpr int kPagesAtOnce = 256;
static constexpr int kBusyMilliseconds = 5000;

const char* file_name(DatabaseKind kind) {
  return kind == DatabaseKind::accounts ? "rollcall.sqlite" : "archive.db";
}

int64_t known_schema(DatabaseKind kind) {
  const size_t steps =
      (kind == DatabaseKind::accounts ? schema_steps() : archive_schema_steps()).size();
  return static_cast<int64_t>(steps);
}

static base::Error failed(sqlite3* handle, const std::string& path) {
  if (handle == nullptr) return {path + ": out of memory"};
  const int reason = sqlite3_system_errno(handle);
  const bool system = (sqlite3_errcode(handle) & 0xff) == SQLITE_IOERR && reason != 0;
  return {path + ": " + sqlite3_errmsg(handle) +
          (system ? std::string(": ") + std::strerror(reason) : std::string())};
}

// The first column of the first row as text.
static base::Result<std::string> ask(sqlite3* handle, const char* sql, const std::string& path) {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v2(handle, sql, -1, &statement, nullptr) != SQLITE_OK) {
    return failed(handle, path);
  }
  const int code = sqlite3_step(statement);
  const unsigned char* text = code == SQLITE_ROW ? sqlite3_column_text(statement, 0) : nullptr;
  std::string value = text == nullptr ? "" : reinterpret_cast<const char*>(text);
  const base::Error error = failed(handle, path);
  sqlite3_finalize(statement);
  if (code != SQLITE_ROW && code != SQLITE_DONE) return error;
  return value;
}

static base::Result<int64_t> ask_number(sqlite3* handle, const char* sql, const std::string& path) {
  const auto text = ask(handle, sql, path);
  if (!text) return text.error();
  return static_cast<int64_t>(std::strtoll(text->c_str(), nullptr, 10));
}

// The schema, if it is one that this program knows.
static base::Result<int64_t> read_schema(sqlite3* handle, const std::string& path,
                                         DatabaseKind kind) {
  const auto schema = ask_number(handle, "PRAGMA user_version", path);
  if (!schema) return schema.error();
  const auto application = ask_number(handle, "PRAGMA application_id", path);
  if (!application) return application.error();
  const int64_t ours = kind == DatabaseKind::accounts ? kApplicationId : kArchiveApplicationId;
  if (*application != ours) return base::Error{path + ": not a database of ours"};
  if (*schema > known_schema(kind)) {
    return base::Error{path + ": written by a newer Rollcall (schema " + std::to_string(*schema) +
                       ", this program knows up to " + std::to_string(known_schema(kind)) +
                       "); install that version"};
  }
  return *schema;
}

base::Result<std::unique_ptr<Snapshot>> Snapshot::open(const std::string& path, DatabaseKind kind) {
  sqlite3* handle = nullptr;
  const int code =
      sqlite3_open_v2(path.c_str(), &handle, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, nullptr);
  std::unique_ptr<Snapshot> snapshot(new Snapshot(handle, path));
  if (code != SQLITE_OK) return failed(handle, path);
  sqlite3_busy_timeout(handle, kBusyMilliseconds);
  if (auto begun = snapshot->begin(kind); !begun) return begun.error();
  return snapshot;
}

Snapshot::~Snapshot() { sqlite3_close(handle_); }

base::Status Snapshot::begin(DatabaseKind kind) {
  if (sqlite3_exec(handle_, "BEGIN", nullptr, nullptr, nullptr) != SQLITE_OK) {
    return failed(handle_, path_);
  }
  // The first read takes the snapshot.
  const auto schema = read_schema(handle_, path_, kind);
  if (!schema) return schema.error();
  schema_ = *schema;
  const auto pages = ask_number(handle_, "PRAGMA page_count", path_);
  const auto page = ask_number(handle_, "PRAGMA page_size", path_);
  if (!pages) return pages.error();
  if (!page) return page.error();
  bytes_ = static_cast<uint64_t>(*pages) * static_cast<uint64_t>(*page);
  return base::Status::ok();
}

base::Status Snapshot::copy_to(const std::string& path, const std::function<bool()>& go_on) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) return base::Error{path + ": cannot be made: " + std::strerror(errno)};
  ::close(fd);
  sqlite3* copy = nullptr;
  base::Status done = base::Status::ok();
  if (sqlite3_open_v2(path.c_str(), &copy, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr) !=
          SQLITE_OK ||
      sqlite3_exec(copy, "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF", nullptr, nullptr,
                   nullptr) != SQLITE_OK) {
    done = failed(copy, path);
  }
  sqlite3_backup* backup = done ? sqlite3_backup_init(copy, "main", handle_, "main") : nullptr;
  if (done && backup == nullptr) done = failed(copy, path);
  int code = SQLITE_OK;
  while (backup != nullptr && code == SQLITE_OK) {
    code = go_on() ? sqlite3_backup_step(backup, kPagesAtOnce) : SQLITE_INTERRUPT;
  }
  if (backup != nullptr) sqlite3_backup_finish(backup);
  if (done && code != SQLITE_DONE) {
    const int reason = errno;
    done = base::Error{path_ + ": cannot be copied to " + path + ": " + sqlite3_errstr(code) +
                       (code == SQLITE_FULL || (code & 0xff) == SQLITE_IOERR
                            ? std::string(" (") + std::strerror(reason) + ")"
                            : std::string())};
  }
  sqlite3_close(copy);
  return done;
}

// As a path of a URI.
static std::string escaped(const std::string& path) {
  std::string text;
  for (const char c : path) {
    if (c == '%' || c == '?' || c == '#') {
      text += '%';
      base::append_hexadecimal({&c, 1}, text);
    } else {
      text += c;
    }
  }
  return text;
}

base::Result<int64_t> check_copy(const std::string& path, DatabaseKind kind) {
  sqlite3* handle = nullptr;
  // Immutable: no lock, no write-ahead log is made beside it.
  const std::string uri = "file:" + escaped(path) + "?immutable=1";
  const int code = sqlite3_open_v2(
      uri.c_str(), &handle, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX, nullptr);
  base::Result<int64_t> schema = failed(handle, path);
  if (code == SQLITE_OK) schema = read_schema(handle, path, kind);
  if (schema) {
    const auto verdict = ask(handle, "PRAGMA quick_check(1)", path);
    if (!verdict) {
      schema = verdict.error();
    } else if (*verdict != "ok") {
      schema = base::Error{path + ": damaged: " + *verdict};
    }
  }
  sqlite3_close(handle);
  return schema;
}

}  // namespace store
