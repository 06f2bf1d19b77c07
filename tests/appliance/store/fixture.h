// What the store's tests share: a folder that goes away, requests in one line, and answers caught.
// One test each; nothing outlives it.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <condition_variable>
#include <deque>
#include <filesystem>
#include <fstream>
#include <memory>
#include <mutex>
#include <sstream>
#include <string>
#include <utility>

#include "appliance/store/store.h"

namespace store_test {

inline constexpr uint32_t kFewIterations = 4;  // these passwords need no defence

class Folder {
 public:
  Folder() {
    std::string pattern = std::filesystem::temp_directory_path() / "store_test.XXXXXX";
    path_ = mkdtemp(pattern.data());
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

inline std::unique_ptr<im::StoreRequest> request(im::StoreKind kind, base::Bytes user,
                                                 base::Bytes text = {}, uint64_t number = 0) {
  auto made = std::make_unique<im::StoreRequest>();
  made->kind = kind;
  made->user = user;
  made->text = text;
  made->number = number;
  return made;
}

inline std::string read_file(const std::string& path) {
  std::ostringstream content;
  content << std::ifstream(path, std::ios::binary).rdbuf();
  return content.str();
}

// Catches what the store delivers, in the order it does.
class Answers {
 public:
  store::Deliver deliver() {
    return [this](engine::ShardId shard, engine::QuestionPtr question) {
      std::unique_ptr<im::StoreRequest> answer(static_cast<im::StoreRequest*>(question.release()));
      EXPECT_EQ(answer->asked_by, shard);
      const std::lock_guard lock(mutex_);
      answers_.push_back(std::move(answer));
      arrived_.notify_all();
    };
  }
  std::unique_ptr<im::StoreRequest> next() {
    std::unique_lock lock(mutex_);
    arrived_.wait(lock, [this] { return !answers_.empty(); });
    auto first = std::move(answers_.front());
    answers_.pop_front();
    return first;
  }
  size_t waiting() {
    const std::lock_guard lock(mutex_);
    return answers_.size();
  }

 private:
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<std::unique_ptr<im::StoreRequest>> answers_;
};

inline store::StoreOptions options_at(const std::string& path) {
  store::StoreOptions options;
  options.path = path;
  options.iterations = kFewIterations;
  return options;
}

inline std::unique_ptr<store::Store> open(const store::StoreOptions& options,
                                          store::Deliver deliver = {}) {
  auto opened = store::Store::open(options, std::move(deliver));
  EXPECT_TRUE(opened) << opened.error().what;
  return std::move(*opened);
}

}  // namespace store_test
