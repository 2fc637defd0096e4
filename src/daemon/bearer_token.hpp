// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// BearerToken: the secret in a file, read again when the file changes.
#pragma once

#include <sys/stat.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <sextant/common/result.hpp>

namespace sextant {

// One thread. The token is the first line of the file, at least 16 characters.
class BearerToken {
 public:
  static Result<BearerToken> open(std::string path);

  // Whether the value of an Authorization header carries the token ("Bearer ..."). Takes the same
  // time whatever is wrong with it. A file that became unreadable lets nobody in.
  [[nodiscard]] bool matches(std::string_view authorization);

 private:
  using Digest = std::array<std::uint8_t, 32>;

  explicit BearerToken(std::string path) : path_(std::move(path)) {}
  Status read();
  [[nodiscard]] static std::optional<Digest> digest_of(std::string_view text);

  std::string path_;
  struct stat seen_ {};
  std::optional<Digest> digest_;
};

}  // namespace sextant
