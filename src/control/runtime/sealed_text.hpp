// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// A text that is kept on disk, with a head that tells whether all of it is there.
#pragma once

#include <string>
#include <string_view>

#include <sextant/common/result.hpp>

namespace sextant {

// A line with format, length and SHA-256 of the rest; then the rest. format: "sextant-pods 1".
[[nodiscard]] std::string seal(std::string_view format, std::string_view text);
// The rest, which is a part of bytes; an Error when it is of another format or not as it was.
[[nodiscard]] Result<std::string_view> unseal(std::string_view format, std::string_view bytes);

}  // namespace sextant
