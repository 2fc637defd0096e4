// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Explainer: one packet through the real forwarding code, with a trace, and without consequences.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include <sextant/common/result.hpp>

#include "dataplane/tables/table_set.hpp"
#include "dataplane/trace.hpp"

namespace sextant {

struct ExplainedFrame {
  PortIndex port = 0;
  std::vector<std::uint8_t> bytes;
};

struct Explanation {
  std::vector<TracedPacket> packets;   // the packet itself first, then copies
  std::vector<ExplainedFrame> frames;  // what would leave
};

// Not on an lcore: on the control thread, or in a tool. Has counters, limits and buffers of its
// own; nothing is sent, counted, learned or cached, and nothing goes to the slow path.
class Explainer {
 public:
  static constexpr std::uint32_t kMaxFrameBytes = 9700;

  // pool: where the packet and its copies come from; outlives the explainer. Its buffers decide
  // about headroom as those of a port do.
  explicit Explainer(rte_mempool* pool);
  ~Explainer();
  Explainer(const Explainer&) = delete;
  Explainer& operator=(const Explainer&) = delete;

  // frame: Ethernet header first, as received by port. cache: flows of End.AD; flows: of services;
  // only read; may be null. Fails when there are no buffers or the frame is too long or empty.
  Result<Explanation> explain(const TableSet& tables, PortIndex port,
                              std::span<const std::uint8_t> frame, ProxyCache* cache,
                              FlowTables* flows = nullptr);

 private:
  rte_mempool* pool_;
  std::unique_ptr<LcoreState> lcore_;
};

}  // namespace sextant
