// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// mbufs from and to bytes, and the Ethernet header that the control thread writes.
#pragma once

#include <cstdint>

#include <sextant/tables/forwarding_tables.hpp>

#include "dataplane/dpdk.hpp"
#include "wire.hpp"

namespace sextant {

// All bytes of a packet, whatever its segments; at most max of them.
[[nodiscard]] Bytes copy_bytes(const rte_mbuf* mbuf, std::size_t max = SIZE_MAX);

// A packet with these bytes, in as many segments as it takes; null when the pool is empty or null.
[[nodiscard]] rte_mbuf* make_mbuf(rte_mempool* pool, ByteView bytes);

// Puts the Ethernet header in front, with the tag of a sub-interface; false when there is no room.
[[nodiscard]] bool push_ethernet(rte_mbuf* mbuf, const Interface& interface,
                                 const MacAddress& destination, std::uint16_t type);

}  // namespace sextant
