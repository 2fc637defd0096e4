// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// PacketMemory: mbufs for packets that do not come from a port, each with its time.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include <sextant/common/result.hpp>

#include "dataplane/dpdk.hpp"

namespace sextant {

class PacketMemory {
 public:
  // Room in front of a packet: the longest encapsulation twice, so that replay never fails where a
  // port with other buffers would not.
  static constexpr std::uint16_t kHeadroom = 768;
  static constexpr std::uint16_t kSegmentBytes = 2048;

  // Needs an EAL that runs.
  static Result<PacketMemory> create(std::uint32_t mbufs);

  [[nodiscard]] rte_mempool* pool() const { return pool_.get(); }

  // The bytes in one mbuf, or a chain when they are many; null when no mbuf is left.
  [[nodiscard]] rte_mbuf* make(std::span<const std::uint8_t> bytes) const;

  // The time travels with the packet and with copies of it.
  void set_time(rte_mbuf* mbuf, std::uint64_t time_ns) const {
    *RTE_MBUF_DYNFIELD(mbuf, time_offset_, std::uint64_t*) = time_ns;
  }
  [[nodiscard]] std::uint64_t time_of(const rte_mbuf* mbuf) const {
    return *RTE_MBUF_DYNFIELD(mbuf, time_offset_, const std::uint64_t*);
  }

 private:
  struct Free {
    void operator()(rte_mempool* pool) const { rte_mempool_free(pool); }
  };
  std::unique_ptr<rte_mempool, Free> pool_;
  int time_offset_ = -1;
};

// All bytes of a packet; storage keeps those of a chain.
std::span<const std::uint8_t> bytes_of(const rte_mbuf* mbuf, std::vector<std::uint8_t>& storage);

// Starts the EAL without huge pages, devices, files and privileges. Does nothing when it runs.
Status start_private_eal(std::uint32_t memory_mb);

}  // namespace sextant
