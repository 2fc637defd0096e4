// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// What the plugin says when it fails (CNI spec, section 5 "Result types", "Error").
#pragma once

#include <string>
#include <utility>
#include <variant>

namespace sextant::cni {

// Codes of the spec; from 100 on they are the plugin's own.
enum class Code : unsigned {
  kIncompatibleVersion = 1,
  kUnknownContainer = 3,
  kInvalidEnvironment = 4,
  kInputOutput = 5,
  kUndecodable = 6,
  kInvalidConfig = 7,
  kTryAgainLater = 11,
  kNotAvailable = 50,
  kDaemonRefused = 100,  // the daemon could not do it; details has its words
  kIpamFailed = 101,     // the IPAM plugin failed without a code of its own
  kChanged = 102,        // CHECK: something is not as it was made
};

struct CniError {
  Code code = Code::kDaemonRefused;
  std::string message;  // short
  std::string details;  // what, where, what to do
};

// A value or a CniError.
template <typename T>
class [[nodiscard]] Outcome {
 public:
  Outcome(T value) : state_(std::in_place_index<0>, std::move(value)) {}  // NOLINT(*-explicit-*)
  Outcome(CniError error)
      : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT(*-explicit-*)

  explicit operator bool() const { return state_.index() == 0; }
  T& operator*() { return std::get<0>(state_); }
  const T& operator*() const { return std::get<0>(state_); }
  T* operator->() { return &std::get<0>(state_); }
  const T* operator->() const { return &std::get<0>(state_); }
  [[nodiscard]] const CniError& error() const { return std::get<1>(state_); }

 private:
  std::variant<T, CniError> state_;
};

}  // namespace sextant::cni
