// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Tables that change all the time, and traffic that shows whether a burst saw one generation.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include <sextant/tables/table_diff.hpp>

#include "packet_builder.hpp"

namespace sextant::test {

// Tagged flows show in what leaves how often next() has changed their objects: all of them in one
// change. Coming flows lead to objects that come and go.
enum class ChurnFlow : std::uint8_t {
  kStable,
  kTaggedMac,    // adjacency: its MAC address
  kTaggedList,   // SR Policy: the segment
  kTaggedSid,    // End.DX6: one of two adjacencies
  kTaggedRoute,  // host route: one of two adjacencies
  kComingSid,    // below a route that stays: never dropped
  kComingRoute,  // no other route: dropped as lookup_no_route while it is gone
};
inline constexpr unsigned kChurnFlows = 7;
// Objects of each kind that come and go.
inline constexpr std::uint32_t kChurnObjects = 1000;

class ChurnTables {
 public:
  // Port 0 receives, everything leaves by port 1. No ICMP errors.
  [[nodiscard]] static ForwardingTables base();
  // One change each time, in turn: a SID comes or goes, a policy gets other lists, a route comes or
  // goes, an adjacency gets another MAC address, all tagged flows change together.
  [[nodiscard]] TableDiff next();
  // What a whole reload changes, beside what next() does: every object of it for another variant,
  // or all of them gone.
  struct Load {
    std::uint32_t routes = 100'000;
    std::uint32_t local_sids = 10'000;
    std::uint32_t policies = 10'000;
  };
  [[nodiscard]] static TableDiff reload(const Load& load, unsigned variant);
  [[nodiscard]] static TableDiff unload(const Load& load);

 private:
  void change_sid(std::uint32_t k, TableDiff& out);
  void change_route(std::uint32_t k, TableDiff& out);

  std::uint32_t count_ = 0;
  std::uint32_t tag_ = 0;
  std::vector<bool> has_sid_ = std::vector<bool>(kChurnObjects);
  std::vector<bool> has_route_ = std::vector<bool>(kChurnObjects);
};

// A frame of a flow as port 0 receives it; its last bytes say which flow it is of.
[[nodiscard]] Bytes churn_frame(ChurnFlow flow, std::uint32_t object);

// Looks at the frames that one burst sent.
class BurstCheck {
 public:
  // A whole frame in one piece. Returns its flow, nothing when it is none of ours.
  std::optional<ChurnFlow> add(const std::uint8_t* frame, std::size_t bytes);
  // The burst is complete. False when its frames disagree, or tell of older tables than the burst
  // before.
  [[nodiscard]] bool finish();

 private:
  void see(std::uint32_t tag);
  void see_parity(unsigned parity) { parities_ |= 1u << (parity & 1); }

  std::optional<std::uint32_t> tag_;
  unsigned parities_ = 0;  // bit 0: even seen; bit 1: odd
  bool agrees_ = true;
  std::uint32_t last_ = 0;
};

}  // namespace sextant::test
