// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// An explanation without a daemon: the tables of a configuration file, in this process.
#pragma once

#include <nlohmann/json.hpp>

#include <sextant/common/result.hpp>

#include "config_tables.hpp"
#include "pages.hpp"

namespace sextant {

// What GET /v1/explain answers to the query. Needs no privileges. Neighbors are those that the
// configuration names. Once per process.
[[nodiscard]] Result<nlohmann::json> explain_offline(const ConfigTables& config,
                                                     const Query& query);

}  // namespace sextant
