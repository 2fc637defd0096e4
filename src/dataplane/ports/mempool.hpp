// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// MbufPools: packet memory, sized from ports and queues.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include <sextant/common/result.hpp>
#include <sextant/ports/runtime_config.hpp>

#include "dataplane/dpdk.hpp"

namespace sextant {

// Pure: how many mbufs of which size, and the memory for them and for all queues and rings.
struct MbufPlan {
  std::uint32_t mbufs = 0;
  std::uint32_t minimum = 0;    // what the receive queues alone hold, with one burst for each lcore
  std::uint16_t data_room = 0;  // bytes of a buffer, headroom included
  std::uint64_t memory_bytes = 0;  // of pools, queues and rings
};
[[nodiscard]] Result<MbufPlan> plan_mbufs(const RuntimeConfig& config, unsigned lcores);

// One pool per NUMA socket that has ports or lcores.
class MbufPools {
 public:
  MbufPools() = default;
  ~MbufPools() { clear(); }
  MbufPools(const MbufPools&) = delete;
  MbufPools& operator=(const MbufPools&) = delete;

  // Creates the pool of a socket unless it exists; SOCKET_ID_ANY is socket 0. Every pool has all
  // mbufs of the plan, since all packets may come in on one socket.
  Result<rte_mempool*> get(const MbufPlan& plan, int socket);
  // This socket when it has a pool, else one that has; the socket itself while there is none.
  [[nodiscard]] int nearest(int socket) const {
    return pools_.empty() || pools_.count(socket) > 0 ? socket : pools_.begin()->first;
  }
  // Frees all pools; no mbuf may be in use.
  void clear();

  [[nodiscard]] std::uint32_t in_use() const;

 private:
  std::map<int, rte_mempool*> pools_;
};

}  // namespace sextant
