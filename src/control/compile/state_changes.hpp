// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// state_changes(): what differs between two desired states, in the words of the configuration.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "control/model/desired_state.hpp"

namespace sextant {

// One field of one object. Empty: it is not there on that side. Secrets are not shown.
struct FieldChange {
  std::string field;  // "candidate_paths[0].preference"
  std::string before;
  std::string after;

  friend bool operator==(const FieldChange&, const FieldChange&) = default;
};

struct ObjectChange {
  enum class What : std::uint8_t { kAdded, kRemoved, kChanged };

  std::string kind;  // the section of the configuration: "local_sids"
  std::string name;  // what tells it from its like: "to-b", "fcbb:1::/64 in main"
  What what = What::kChanged;
  std::vector<FieldChange> fields;  // of kAdded and kRemoved all of them

  friend bool operator==(const ObjectChange&, const ObjectChange&) = default;
};

// Pure. Sorted by kind, in the order of the reference, then by name. The order of objects and
// their places in the source do not count. Time and memory grow with the size of both states.
[[nodiscard]] std::vector<ObjectChange> state_changes(const DesiredState& before,
                                                      const DesiredState& after);

}  // namespace sextant
