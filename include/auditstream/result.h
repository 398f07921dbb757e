// Result<T>: a value, or an Error that a person can act on. For every failure caused from outside.
#pragma once

#include <string>
#include <utility>
#include <variant>

#include "auditstream/check.h"

namespace auditstream {

// What is wrong, and so who can fix it.
enum class ErrorKind {
  unavailable,  // nobody: what is down may come back
  uncertain,  // looks like a mistake, but what is just starting looks the same: time for a while, then a person
  misconfigured,  // a person: the config, an ACL, a topic
  usage,          // the caller: the command line, or the request
  refused,        // the caller: what is there does not allow it
  not_found,      // the caller: it is not there
  internal,       // our own bug
};

// One sentence for the operator. Never holds a secret.
struct Error {
  std::string message;
  ErrorKind kind = ErrorKind::unavailable;

  // Trying again is useless until somebody has changed something.
  bool lasts() const { return kind != ErrorKind::unavailable && kind != ErrorKind::uncertain; }
};

// Holds exactly one of T and Error. Accessing the wrong one is a bug and ends the process.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : held_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : held_(std::in_place_index<1>, std::move(error)) {}

  bool ok() const { return held_.index() == 0; }
  explicit operator bool() const { return ok(); }

  T& value() & {
    AS_CHECK(ok());
    return std::get<0>(held_);
  }
  const T& value() const& {
    AS_CHECK(ok());
    return std::get<0>(held_);
  }
  T&& value() && {
    AS_CHECK(ok());
    return std::get<0>(std::move(held_));
  }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  const Error& error() const {
    AS_CHECK(!ok());
    return std::get<1>(held_);
  }

 private:
  std::variant<T, Error> held_;
};

// Success without a value.
using Status = Result<std::monostate>;
inline Status success() { return std::monostate{}; }

}  // namespace auditstream
