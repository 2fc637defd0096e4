// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// The DPDK headers that the data path uses, and every difference between DPDK 22.11, 23.11
// and 24.11.
#pragma once

#include <rte_branch_prediction.h>
#include <rte_cycles.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <rte_mempool.h>
#include <rte_prefetch.h>
#include <rte_rcu_qsbr.h>
#include <rte_ring.h>
#include <rte_version.h>

#if RTE_VERSION < RTE_VERSION_NUM(22, 11, 0, 0)
#error "DPDK 22.11 or newer is needed"
#endif

#include <cstdint>

namespace sextant {

// RSS over the IPv6 flow label; 0 where this DPDK does not know it (before 24.03).
#ifdef RTE_ETH_RSS_IPV6_FLOW_LABEL
inline constexpr std::uint64_t kRssIpv6FlowLabel = RTE_ETH_RSS_IPV6_FLOW_LABEL;
#else
inline constexpr std::uint64_t kRssIpv6FlowLabel = 0;
#endif

}  // namespace sextant
