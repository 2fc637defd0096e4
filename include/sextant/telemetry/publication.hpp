// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// PublicationStatus: how long publishing tables takes, and whether an lcore holds it up.
#pragma once

#include <cstdint>
#include <optional>

#include <sextant/tables/table_publisher.hpp>

namespace sextant {

// The steps of one publication, in nanoseconds.
struct PublicationTimes {
  std::uint64_t check_ns = 0;
  std::uint64_t apply_ns = 0;  // to the copy that no lcore read; lcores see the change after it
  // Until all lcores have left the other copy. When that takes longer than publish() waits, until
  // it was noticed.
  std::uint64_t grace_ns = 0;
  std::uint64_t second_apply_ns = 0;  // to the other copy
};

// A snapshot, by the control thread.
struct PublicationStatus {
  Generation generation = 0;
  std::uint64_t published_ns = 0;  // CLOCK_MONOTONIC of the last change; 0: none yet
  PublicationTimes last;           // of the last publication that is complete
  PublicationTimes longest;        // each step for itself, since start
  std::uint64_t refused = 0;       // changes, for any reason
  // The last change is live, and lcores still use the tables before it.
  bool waiting = false;
  std::uint64_t waiting_ns = 0;         // for how long
  std::optional<unsigned> waiting_for;  // the first lcore that did not report, by its index
  // It waits for so long that changes are refused at once, until the lcore reports.
  bool stalled = false;
};

}  // namespace sextant
