// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Reading and replacing whole files, with errors in words.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

#include <sextant/common/result.hpp>

namespace sextant {

inline constexpr std::size_t kMaxCredentialBytes = std::size_t{4} << 20;

// All bytes of a regular file or what a symbolic link leads to.
[[nodiscard]] Result<std::string> read_file(const std::filesystem::path& path,
                                            std::size_t max_bytes);
// Replaces path so that a reader, and a machine that loses power, sees the old file or the new one
// whole. Mode 0600.
[[nodiscard]] Status replace_file(const std::filesystem::path& path, std::string_view bytes);
// Without white space at both ends.
[[nodiscard]] std::string trimmed(std::string_view text);

}  // namespace sextant
