// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Ring: an rte_ring of mbufs with an owner; what is left in it at the end is freed.
#pragma once

#include <memory>
#include <string>

#include <sextant/common/result.hpp>

#include "dataplane/dpdk.hpp"

namespace sextant {

struct FreeRing {
  void operator()(rte_ring* ring) const;
};
using Ring = std::unique_ptr<rte_ring, FreeRing>;

// entries: a power of two. flags as of rte_ring_create(). The name is unique in the process.
[[nodiscard]] Result<Ring> make_ring(const std::string& name, unsigned entries, unsigned flags);

// Frees the mbufs in the ring; nobody else may use it.
void drain_ring(rte_ring* ring);

}  // namespace sextant
