// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// TablePublisher: how the control thread hands a change to the forwarding lcores.
#pragma once

#include <cstdint>

#include <sextant/common/result.hpp>
#include <sextant/tables/table_diff.hpp>

namespace sextant {

// Counts published generations from 1; 0 is the empty tables at start.
using Generation = std::uint64_t;

class TablePublisher {
 public:
  virtual ~TablePublisher() = default;

  // Whether publish() would take the change now, and why not. The tables stay as they are. Control
  // thread only.
  virtual Status check(const TableDiff& change) {
    static_cast<void>(change);
    return Ok{};
  }

  // Makes the change visible to all lcores at once, between two bursts. On error nothing changed
  // and the text says which object could not be applied and why. Control thread only.
  virtual Result<Generation> publish(const TableDiff& change) = 0;
};

}  // namespace sextant
