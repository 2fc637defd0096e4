// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Routes about the configuration: reload, diff, generation, and the text that runs.
#pragma once

#include <nlohmann/json.hpp>

#include "api.hpp"
#include "control/compile/state_changes.hpp"
#include "control/runtime/file_source.hpp"
#include "control/runtime/reconciler.hpp"

namespace sextant {

// POST /v1/reload, POST /v1/diff (both over the socket alone), GET /v1/generation, GET /v1/config.
// reconciler and source outlive the handlers.
void add_config_routes(Api& api, Reconciler& reconciler, const FileSource& source);

// The parts of the replies; pure. now: for the age.
[[nodiscard]] nlohmann::json generation_json(const GenerationStatus& status,
                                             std::chrono::system_clock::time_point now);
[[nodiscard]] nlohmann::json findings_json(const Diagnostics& diagnostics);
// {"local_sids": {"added": [...], "removed": [...], "changed": [...]}}; sections in which nothing
// differs are not there.
[[nodiscard]] nlohmann::json changes_json(const std::vector<ObjectChange>& changes);
// How many entries of each forwarding table would be written and removed; what a few lines of
// configuration come to.
[[nodiscard]] nlohmann::json table_changes_json(const TableDiff& diff);

}  // namespace sextant
