// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Completion scripts for shells, made of the grammar. Pure.
#pragma once

#include <string>

#include "grammar.hpp"

namespace sextant {

[[nodiscard]] std::string bash_completion(const GrammarCommand& grammar);
[[nodiscard]] std::string zsh_completion(const GrammarCommand& grammar);
[[nodiscard]] std::string fish_completion(const GrammarCommand& grammar);

}  // namespace sextant
