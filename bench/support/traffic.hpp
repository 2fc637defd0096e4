// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Traffic: the packets of a case, one after another.
#pragma once

#include <cstdint>
#include <cstring>
#include <random>
#include <span>
#include <utility>

#include "dataplane/dpdk.hpp"
#include "support/cases.hpp"

namespace sextant::bench {

// Sequences of equal seed are equal.
class Traffic {
 public:
  Traffic(const Case& c, const Workload& workload, unsigned seed = 1)
      : workload_(workload), objects_(c.objects), flows_(c.flows), random_(seed) {}

  // Lays one burst into mbufs without data.
  void fill(std::span<rte_mbuf* const> mbufs) {
    auto [object, flow] = pick();
    for (rte_mbuf* mbuf : mbufs) {
      const std::vector<std::uint8_t>& frame = workload_.frame;
      auto* data = rte_pktmbuf_mtod(mbuf, std::uint8_t*);
      std::memcpy(data, frame.data(), frame.size());
      workload_.write(data, object, flow);
      mbuf->data_len = static_cast<std::uint16_t>(frame.size());
      mbuf->pkt_len = static_cast<std::uint32_t>(frame.size());
      if (flows_ == Flows::kRandom) std::tie(object, flow) = pick();
    }
  }

 private:
  std::pair<unsigned, unsigned> pick() {
    const auto object = static_cast<unsigned>(random_() % objects_);
    const auto flow = static_cast<unsigned>(random_() % kFlows);
    return {object, workload_.flow_of_object ? object % kFlows : flow};
  }

  const Workload& workload_;
  unsigned objects_;
  Flows flows_;
  std::mt19937 random_;
};

}  // namespace sextant::bench
