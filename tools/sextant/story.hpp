// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// The story of a packet through the node, as trace and explain tell it. Pure.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "terminal.hpp"

namespace sextant {

// One packet of {"packets":[...]}: a title, a line for each step, and how it ended.
[[nodiscard]] std::string packet_story(const nlohmann::json& packet, std::size_t number,
                                       const Canvas& canvas);

// Of {"packets":[...],"lost":n}; says so when there is none or when some are missing.
[[nodiscard]] std::string trace_text(const nlohmann::json& reply, const Canvas& canvas);

// Of {"packet":{...},"packets":[...],"frames":[...]}: what came in, the story, what would leave.
[[nodiscard]] std::string explain_text(const nlohmann::json& reply, const Canvas& canvas);

}  // namespace sextant
