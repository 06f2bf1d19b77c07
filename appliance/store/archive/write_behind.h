// Writes that reach the disk as they are made, not all at once when SQLite syncs a transaction or a
// checkpoint of many MiB: on one disk the journals' commits, which senders wait for, would stand
// behind all of it. A thread that holds a WriteBehind has its writes started every 512 KiB, and
// waits for the piece before: so a commit meets a MiB of the archive's at most.
// It changes nothing about what is safe: SQLite syncs as ever, and finds little left to do.
#pragma once

#include <cstddef>
#include <cstdint>

namespace store {

class WriteBehind {
 public:
  // Once, before the first database is opened, from one thread: SQLite's writes go through us.
  static void install();

  WriteBehind();  // from now on, for this thread; one at a time
  ~WriteBehind();
  WriteBehind(const WriteBehind&) = delete;
  WriteBehind& operator=(const WriteBehind&) = delete;

  // `bytes` were written to `file` at `offset`.
  void wrote(int file, int64_t offset, size_t bytes);
  uint64_t pieces() const { return pieces_; }  // started so far

 private:
  struct Piece {
    int file = -1;
    int64_t begin = 0;
    int64_t end = 0;
    size_t bytes = 0;  // written between the two; 0: no piece
  };

  void start();  // the current piece, once the one before is on the disk

  Piece current_;
  Piece started_;
  uint64_t pieces_ = 0;
};

}  // namespace store
