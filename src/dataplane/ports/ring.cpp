// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Creating and emptying rings.
#include "ring.hpp"

#include <fmt/format.h>
#include <rte_errno.h>
#include <rte_lcore.h>

#include "dpdk_log.hpp"

namespace sextant {

void FreeRing::operator()(rte_ring* ring) const {
  drain_ring(ring);
  rte_ring_free(ring);
}

Result<Ring> make_ring(const std::string& name, unsigned entries, unsigned flags) {
  DpdkLog::Capture capture;
  rte_ring* const ring = rte_ring_create(name.c_str(), entries, SOCKET_ID_ANY, flags);
  if (ring == nullptr) {
    const int code = rte_errno;
    return Error{
        fmt::format("no memory for the ring '{}': {} [{}]; raise memory_mb or the huge pages", name,
                    rte_strerror(code), capture.reason())};
  }
  return Ring(ring);
}

void drain_ring(rte_ring* ring) {
  void* mbuf = nullptr;
  while (rte_ring_dequeue(ring, &mbuf) == 0)
    rte_pktmbuf_free(static_cast<rte_mbuf*>(mbuf));
}

}  // namespace sextant
