// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// nearest_word(): the word that a mistyped one was probably meant to be.
#pragma once

#include <string_view>
#include <vector>

namespace sextant {

// The word of words that is nearest to word, when it is near enough to be meant; else empty.
[[nodiscard]] std::string_view nearest_word(std::string_view word,
                                            const std::vector<std::string_view>& words);

}  // namespace sextant
