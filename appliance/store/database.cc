#include "appliance/store/database.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "engine/base/check.h"

namespace store {

static constexpr int kBusyMilliseconds = 5000;  // an operator's sqlite3 may hold the lock a while

// What an operator should read, and do, for an error code of SQLite's.
static std::string in_words(int code, const char* detail) {
  std::string words(detail);
  switch (code & 0xff) {
    case SQLITE_FULL:
      return words + "; free space on the disk";
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return words +
             "; the file is damaged or no database: restore it from a backup, or rescue "
             "what is left with the .recover command of sqlite3";
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_CANTOPEN:
      return words + "; check the permissions of the file and its folder";
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return words + "; another program has the database open";
    case SQLITE_IOERR:
      return words + "; look for disk errors in the kernel's log";
    default:
      return words;
  }
}

Statement::Statement(Database& database, sqlite3_stmt* prepared)
    : database_(database), prepared_(prepared), failed_(prepared == nullptr) {}

Statement::~Statement() {
  if (prepared_ == nullptr) return;
  sqlite3_reset(prepared_);
  sqlite3_clear_bindings(prepared_);
}

void Statement::check(int code) {
  if (code == SQLITE_OK || code == SQLITE_ROW || code == SQLITE_DONE) return;
  failed_ = true;
  database_.remember(code);
}

// A null pointer would be bound as NULL.
static const char* never_null(base::Bytes value) {
  return value.data() == nullptr ? "" : value.data();
}

Statement& Statement::text(int parameter, base::Bytes value) {
  if (!failed_) {
    check(sqlite3_bind_text64(prepared_, parameter, never_null(value), value.size(), SQLITE_STATIC,
                              SQLITE_UTF8));
  }
  return *this;
}

Statement& Statement::blob(int parameter, base::Bytes value) {
  if (!failed_) {
    check(
        sqlite3_bind_blob64(prepared_, parameter, never_null(value), value.size(), SQLITE_STATIC));
  }
  return *this;
}

Statement& Statement::number(int parameter, int64_t value) {
  if (!failed_) check(sqlite3_bind_int64(prepared_, parameter, value));
  return *this;
}

bool Statement::row() {
  if (failed_) return false;
  const int code = sqlite3_step(prepared_);
  check(code);
  return code == SQLITE_ROW;
}

bool Statement::run() {
  while (row()) {
  }
  return !failed_;
}

bool Statement::ok() const { return !failed_; }

std::string Statement::text(int column) const {
  const auto* data = static_cast<const char*>(sqlite3_column_blob(prepared_, column));
  const int length = sqlite3_column_bytes(prepared_, column);
  return data == nullptr ? std::string() : std::string(data, static_cast<size_t>(length));
}

int64_t Statement::number(int column) const { return sqlite3_column_int64(prepared_, column); }

static base::Error system_error(const std::string& path, const char* doing) {
  return {path + ": cannot be " + doing + ": " + std::strerror(errno)};
}

// The database is one process's. A lock file of its own, because closing any other descriptor of
// the database would drop the locks SQLite holds on it. The descriptor holds the lock until it is
// closed.
static base::Result<int> take_lock(const std::string& path) {
  const std::string name = path + ".lock";
  const int fd = ::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return system_error(name, "opened");
  if (::flock(fd, LOCK_EX | LOCK_NB) == 0) return fd;
  ::close(fd);
  return base::Error{path + ": in use by another rollcalld; stop that one first"};
}

// Created here, so that the contents are never readable for others, not even for a moment.
static base::Status create_private(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return system_error(path, "opened");
  const bool done = ::fchmod(fd, 0600) == 0;
  ::close(fd);
  if (!done) return system_error(path, "made private (mode 0600)");
  return base::Status::ok();
}

base::Result<std::unique_ptr<Database>> Database::open(const StoreOptions& options) {
  auto locked = take_lock(options.path);
  if (!locked) return locked.error();
  if (base::Status made = create_private(options.path); !made) {
    ::close(*locked);
    return made.error();
  }
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(options.path.c_str(), &handle,
                                   SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
  std::unique_ptr<Database> database(new Database(handle, *locked));
  if (code != SQLITE_OK) {
    return base::Error{options.path + ": " + in_words(code, sqlite3_errstr(code))};
  }
  sqlite3_extended_result_codes(handle, 1);
  sqlite3_busy_timeout(handle, kBusyMilliseconds);
  if (base::Status done = database->configure(options); !done) return done.error();
  return database;
}

base::Status Database::configure(const StoreOptions& options) {
  const char* const synchronous = options.durability == Durability::full
                                      ? "PRAGMA synchronous=FULL"
                                      : "PRAGMA synchronous=NORMAL";
  bool done = execute("PRAGMA journal_mode=WAL") && execute(synchronous) &&
              execute("PRAGMA foreign_keys=ON") && execute("PRAGMA trusted_schema=OFF") &&
              execute("PRAGMA temp_store=MEMORY") &&
              execute("PRAGMA journal_size_limit=67108864") && execute("PRAGMA cache_size=-2048") &&
              execute("PRAGMA wal_autocheckpoint=" + std::to_string(options.checkpoint_pages));
  if (options.pages_max > 0) {
    done = done && execute("PRAGMA max_page_count=" + std::to_string(options.pages_max));
  }
  if (!done) return base::Error{options.path + ": " + last_error_};
  return base::Status::ok();
}

Database::~Database() {
  for (const auto& [sql, prepared] : statements_) sqlite3_finalize(prepared);
  sqlite3_close(handle_);
  ::close(lock_);
}

Statement Database::prepare(const char* sql) {
  sqlite3_stmt*& prepared = statements_[sql];
  if (prepared == nullptr) {
    remember(sqlite3_prepare_v3(handle_, sql, -1, SQLITE_PREPARE_PERSISTENT, &prepared, nullptr));
  }
  return Statement(*this, prepared);
}

bool Database::execute(const std::string& sql) {
  const int code = sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr);
  remember(code);
  return code == SQLITE_OK;
}

int64_t Database::changes() const { return sqlite3_changes64(handle_); }

bool Database::in_transaction() const { return sqlite3_get_autocommit(handle_) == 0; }

int64_t Database::pragma(const char* sql) {
  Statement statement = prepare(sql);
  return statement.row() ? statement.number(0) : -1;
}

void Database::remember(int code) {
  if (code != SQLITE_OK) last_error_ = in_words(code, sqlite3_errmsg(handle_));
}

}  // namespace store
