// The thin layer over SQLite: one connection, statements prepared once and kept, values bound and
// never pasted into SQL. Errors are remembered, not thrown: a failed step yields no row.
// Belongs to one thread at a time (the store's writer).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>

#include "appliance/store/store.h"
#include "engine/base/bytes.h"
#include "engine/base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace store {

class Database;

// One use of a prepared statement; goes back to the database's cache when it ends. Bound views must
// live as long. Columns count from 0, parameters from 1, as in SQLite.
class Statement {
 public:
  Statement(Database& database, sqlite3_stmt* prepared);
  ~Statement();
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  Statement& text(int parameter, base::Bytes value);
  Statement& blob(int parameter, base::Bytes value);
  Statement& number(int parameter, int64_t value);

  bool row();                     // steps to the next row; false: no more, or failed
  [[nodiscard]] bool run();       // steps to the end; false: failed
  [[nodiscard]] bool ok() const;  // nothing has failed so far

  std::string text(int column) const;  // blobs as well
  int64_t number(int column) const;

 private:
  void check(int code);
  Database& database_;
  sqlite3_stmt* const prepared_;
  bool failed_;
};

class Database {
 public:
  static base::Result<std::unique_ptr<Database>> open(const StoreOptions& options);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  // `sql` must be a literal: statements are cached by its address.
  Statement prepare(const char* sql);
  [[nodiscard]] bool execute(const std::string& sql);  // no parameters, no rows
  int64_t changes() const;                             // rows changed by the last statement
  bool in_transaction() const;                         // false after SQLite rolled back by itself
  int64_t pragma(const char* sql);                     // a literal that yields one number
  const std::string& last_error() const { return last_error_; }  // in words, with the remedy

 private:
  friend class Statement;
  explicit Database(sqlite3* handle, int lock) : handle_(handle), lock_(lock) {}
  base::Status configure(const StoreOptions& options);
  void remember(int code);

  sqlite3* const handle_;
  const int lock_;  // descriptor of the lock file
  std::string last_error_;
  std::unordered_map<const char*, sqlite3_stmt*> statements_;
};

}  // namespace store
