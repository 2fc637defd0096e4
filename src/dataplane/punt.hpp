// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// PuntInfo: what travels with an mbuf between an lcore and the control thread.
#pragma once

#include <cstdint>
#include <cstring>

#include "packet.hpp"

namespace sextant {

// Kept in the eight bytes of mbuf::hash, which nothing else uses once the packet left the driver.
struct PuntInfo {
  PuntReason reason = PuntReason::kLocal;
  PacketKind kind = PacketKind::kIpv6;
  InterfaceId rx_interface = kNoInterface;
  std::uint32_t object = kNoObject;  // AdjacencyId, InterfaceId or BridgeId, as reason says

  void store(rte_mbuf* mbuf) const {
    static_assert(sizeof mbuf->hash >= sizeof(PuntInfo));
    std::memcpy(&mbuf->hash, this, sizeof *this);
  }
  static PuntInfo load(const rte_mbuf* mbuf) {
    PuntInfo info;
    std::memcpy(static_cast<void*>(&info), &mbuf->hash, sizeof info);
    return info;
  }
};
static_assert(sizeof(PuntInfo) == 8);

}  // namespace sextant
