// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// What /v1/diff and refusals of the daemon say, as lines. Pure.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "terminal.hpp"

namespace sextant {

// {"changes":{"policies":{"added":[...],"removed":[...],"changed":[...]}}}: one line for each
// object,
// "+ policies to-b", "- ...", "~ ...", with its fields below; empty when nothing would change.
[[nodiscard]] std::string changes_text(const nlohmann::json& reply, const Canvas& canvas);

// The messages of "diagnostics"; empty when there are none.
[[nodiscard]] std::vector<std::string> findings_of(const nlohmann::json& reply);

}  // namespace sextant
