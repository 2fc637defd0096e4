// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// The OpenAPI document, made of the table of routes.
#pragma once

#include <nlohmann/json.hpp>

#include "api.hpp"

namespace sextant {

// OpenAPI 3.1. Pure.
[[nodiscard]] nlohmann::json openapi_document(const Api& api);

}  // namespace sextant
