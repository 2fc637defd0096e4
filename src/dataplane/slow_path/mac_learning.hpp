// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// MacLearning: which address of a bridge was seen behind which member.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <set>
#include <span>
#include <vector>

#include <sextant/tables/table_diff.hpp>

#include "table_view.hpp"

namespace sextant {

// Bounded per bridge. An entry lives for a fixed time from when it was learned, since lcores do not
// tell who is still there: the next frame of its owner is flooded once and learned again.
class MacLearning {
 public:
  enum class Outcome : std::uint8_t {
    kLearned,
    kMoved,     // was behind another member
    kKnown,     // nothing new; its time starts again
    kRefused,   // the bridge has as many as it may have
    kIgnored,   // no such bridge or member, learning off, a configured or no unicast address
    kMalformed  // shorter than an Ethernet header
  };

  MacLearning(const TableView& view, std::size_t max_per_bridge, std::uint64_t age_ns)
      : view_(view), max_per_bridge_(max_per_bridge), age_ns_(age_ns) {}

  // A frame that came in by an interface.
  Outcome learn(BridgeId bridge, InterfaceId from, std::span<const std::uint8_t> frame,
                std::uint64_t now_ns);
  // Forgets what is too old.
  void tick(std::uint64_t now_ns);
  // When tick() has something to look at, at the earliest; max() when never.
  [[nodiscard]] std::uint64_t next_deadline() const { return next_deadline_; }

  // The view changed, and these bridges of compile() are or will be published over ours.
  void rebase(const std::vector<BridgeId>& changed);

  [[nodiscard]] bool dirty() const { return !dirty_.empty(); }
  void append_changes(TableDiff& out) const;
  void commit() { dirty_.clear(); }
  void append_overlay(TableDiff& out) const;

 private:
  struct Learned {
    InterfaceId interface = kNoInterface;
    std::uint64_t expires = 0;
  };
  using Macs = std::map<MacAddress, Learned>;

  [[nodiscard]] Bridge merged(const Bridge& configured, const Macs& learned) const;

  static constexpr std::uint64_t kNoDeadline = std::numeric_limits<std::uint64_t>::max();

  const TableView& view_;
  std::size_t max_per_bridge_;
  std::uint64_t age_ns_;
  std::map<BridgeId, Macs> bridges_;
  std::set<BridgeId> dirty_;
  std::uint64_t next_deadline_ = kNoDeadline;
};

}  // namespace sextant
