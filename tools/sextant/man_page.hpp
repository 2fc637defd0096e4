// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Manual pages of section 1, made of the grammar. Pure.
#pragma once

#include <string>

#include "grammar.hpp"

namespace sextant {

// The page of the whole program, or of one of its commands with all below it; roff of man(7).
[[nodiscard]] std::string man_page(const GrammarCommand& program, const GrammarCommand& command);

// "sextant-show.1"
[[nodiscard]] std::string man_file_name(const GrammarCommand& command);

// The command at the end of a path of names; null when there is none.
[[nodiscard]] const GrammarCommand* find_command(const GrammarCommand& program,
                                                 const std::vector<std::string>& names);

}  // namespace sextant
