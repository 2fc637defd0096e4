// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Burst: the packets that travel through the stages together, and the lists of who goes where.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <utility>

#include "packet.hpp"
#include "verdict.hpp"

namespace sextant {

using Lane = std::uint16_t;  // position of a packet in its burst

inline constexpr unsigned kMaxRxBurst = 256;
// Room for copies that spray and flooding make.
inline constexpr unsigned kBurstCapacity = 2 * kMaxRxBurst;

// Lanes in the order in which they were added.
class LaneList {
 public:
  void add(Lane lane) { lanes_[count_++] = lane; }
  void append(std::span<const Lane> lanes) {
    std::copy(lanes.begin(), lanes.end(), lanes_.begin() + count_);
    count_ += static_cast<unsigned>(lanes.size());
  }
  void clear() { count_ = 0; }
  // Moves all lanes of another list here; what was here before is gone.
  void take(LaneList& other) {
    count_ = std::exchange(other.count_, 0);
    std::copy_n(other.lanes_.begin(), count_, lanes_.begin());
  }
  [[nodiscard]] bool empty() const { return count_ == 0; }
  [[nodiscard]] unsigned size() const { return count_; }
  [[nodiscard]] std::span<const Lane> lanes() const { return {lanes_.data(), count_}; }

 private:
  unsigned count_ = 0;
  std::array<Lane, kBurstCapacity> lanes_;
};

class Burst {
 public:
  // Forgets all packets; the mbufs belong to someone else by now.
  void clear() {
    count_ = 0;
    to_lookup.clear();
    to_dispatch.clear();
    to_transmit.clear();
    to_transmit_frame.clear();
    to_punt.clear();
  }
  // Adds a packet and what is known of it. The caller checks room() first.
  Lane add(rte_mbuf* mbuf, const PacketMeta& meta = {}) {
    const Lane lane = static_cast<Lane>(count_++);
    mbufs_[lane] = mbuf;
    metas_[lane] = meta;
    return lane;
  }
  [[nodiscard]] unsigned size() const { return count_; }
  [[nodiscard]] unsigned room() const { return kBurstCapacity - count_; }
  [[nodiscard]] Packet packet(Lane lane) { return {mbufs_[lane], &metas_[lane]}; }
  [[nodiscard]] PacketMeta& meta(Lane lane) { return metas_[lane]; }
  // The lane of a packet that packet() gave.
  [[nodiscard]] Lane lane_of(Packet packet) const {
    return static_cast<Lane>(&packet.meta() - metas_.data());
  }

  // Who waits for which stage. A stage takes the list, clears it and adds to the others.
  LaneList to_lookup;
  LaneList to_dispatch;
  LaneList to_transmit;
  LaneList to_transmit_frame;
  LaneList to_punt;

 private:
  unsigned count_ = 0;
  std::array<rte_mbuf*, kBurstCapacity> mbufs_;
  std::array<PacketMeta, kBurstCapacity> metas_;
};

}  // namespace sextant
