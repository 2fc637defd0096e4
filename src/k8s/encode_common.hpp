// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// What the encoders of all kinds share.
#pragma once

#include <nlohmann/json.hpp>

#include "k8s/objects.hpp"

namespace sextant::k8s {

[[nodiscard]] nlohmann::json encode_pairs(const StringPairs& list);
[[nodiscard]] nlohmann::json encode_metadata(const Metadata& meta);

}  // namespace sextant::k8s
