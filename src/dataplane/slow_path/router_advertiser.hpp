// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// RouterAdvertiser: when which interface sends a router advertisement (RFC 4861 section 6.2).
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <vector>

#include "table_view.hpp"

namespace sextant {

// Times only; the owner builds and sends. The interval lies between 200 and 600 s and depends on
// nothing but seed, interface and how many were sent.
class RouterAdvertiser {
 public:
  static constexpr std::uint64_t kNever = std::numeric_limits<std::uint64_t>::max();

  RouterAdvertiser(const TableView& view, std::uint64_t seed) : view_(view), seed_(seed) {}

  // The view changed: new interfaces advertise at the next tick().
  void rebase();
  // A solicitation that has to be answered to all nodes: brings the next one forward, but never
  // closer than 3 s to the one before.
  void solicited(InterfaceId interface, std::uint64_t now_ns);
  // Interfaces that have to advertise to all nodes now.
  [[nodiscard]] std::vector<InterfaceId> tick(std::uint64_t now_ns);
  [[nodiscard]] std::uint64_t next_deadline() const;

 private:
  struct Schedule {
    std::uint64_t next = 0;
    std::uint64_t last = 0;
    std::uint32_t sent = 0;
  };

  [[nodiscard]] std::uint64_t interval(InterfaceId interface, std::uint32_t sent) const;

  const TableView& view_;
  std::uint64_t seed_;
  std::map<InterfaceId, Schedule> schedules_;
};

}  // namespace sextant
