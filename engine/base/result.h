// Result<T>: a value, or the reason in words why there is none. For the control plane (start-up,
// configuration, store, admin); hot paths use plain enums. No exceptions are involved.
// Any thread.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "engine/base/check.h"

namespace base {

struct Error {
  std::string what;  // one sentence an operator can act on
};

template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::move(value)) {}           // NOLINT: implicit on purpose
  Result(Error error) : state_(std::move(error)) {}       // NOLINT: implicit on purpose
  explicit operator bool() const { return state_.index() == 0; }
  T& operator*() {
    CHECK(state_.index() == 0);
    return *std::get_if<0>(&state_);
  }
  const T& operator*() const {
    CHECK(state_.index() == 0);
    return *std::get_if<0>(&state_);
  }
  T* operator->() { return &**this; }
  const T* operator->() const { return &**this; }
  const Error& error() const {
    CHECK(state_.index() == 1);
    return *std::get_if<1>(&state_);
  }

 private:
  std::variant<T, Error> state_;
};

// For operations that yield nothing but success.
class [[nodiscard]] Status {
 public:
  static Status ok() { return Status(); }
  Status(Error error) : error_(std::move(error)) {}  // NOLINT: implicit on purpose
  explicit operator bool() const { return !error_.has_value(); }
  const Error& error() const {
    CHECK(error_.has_value());
    return *error_;
  }

 private:
  Status() = default;
  std::optional<Error> error_;
};

}  // namespace base
