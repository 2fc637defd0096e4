// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// yaml_text(): a tree as YAML text, without what nobody should see.
#pragma once

#include <string>

#include "control/runtime/yaml_tree.hpp"

namespace sextant {

// Reads back as the same tree, but for the values of keys named "secret", which are "(hidden)".
// Comments are not part of a tree: whatever stands in them is not shown either.
[[nodiscard]] std::string yaml_text(const YamlNode& root);

}  // namespace sextant
