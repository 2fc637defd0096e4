// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// What each command of the CNI spec does.
#pragma once

#include <nlohmann/json.hpp>

#include "request.hpp"

namespace sextant::cni {

// The text for stdout; null: nothing is printed.
[[nodiscard]] Outcome<nlohmann::json> run(const Request& request);

}  // namespace sextant::cni
