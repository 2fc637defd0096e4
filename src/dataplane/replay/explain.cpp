// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// forward_burst() with one packet, a state of its own and a tracer.
#include "explain.hpp"

#include <algorithm>
#include <array>

#include "dataplane/slow_path/frame.hpp"
#include "packet_memory.hpp"

namespace sextant {

namespace {

constexpr std::int64_t kMaxPackets = kBurstCapacity;
constexpr std::size_t kTraceBytes = 4 * 1024 * 1024;

// Takes what would leave out of the output and frees everything.
std::vector<ExplainedFrame> collect(BurstOutput& output) {
  std::vector<ExplainedFrame> frames;
  std::vector<std::uint8_t> storage;
  for (unsigned i = 0; i < output.used_count; ++i) {
    for (rte_mbuf* mbuf : output.tx[output.used[i]].list()) {
      const auto bytes = bytes_of(mbuf, storage);
      frames.push_back({output.used[i], {bytes.begin(), bytes.end()}});
      rte_pktmbuf_free(mbuf);
    }
  }
  for (const MbufList* list : {&output.punted, &output.dropped}) {
    for (rte_mbuf* mbuf : list->list())
      rte_pktmbuf_free(mbuf);
  }
  output.clear();
  return frames;
}

}  // namespace

Explainer::Explainer(rte_mempool* pool) : pool_(pool), lcore_(std::make_unique<LcoreState>()) {
  lcore_->pool = pool;
  lcore_->dry_run = true;
  lcore_->tsc_hz = rte_get_tsc_hz();
  // No storage for objects: what is counted goes where nobody looks.
  lcore_->output.used_count = 0;
  for (MbufList& list : lcore_->output.tx)
    list.count = 0;
  lcore_->output.clear();
}

Explainer::~Explainer() = default;

Result<Explanation> Explainer::explain(const TableSet& tables, PortIndex port,
                                       std::span<const std::uint8_t> frame, ProxyCache* cache,
                                       FlowTables* flows) {
  if (frame.empty()) return Error{"a packet without bytes cannot be explained"};
  if (frame.size() > kMaxFrameBytes) {
    return Error{"a packet of " + std::to_string(frame.size()) + " bytes is too long: at most " +
                 std::to_string(kMaxFrameBytes)};
  }
  rte_mbuf* const mbuf = make_mbuf(pool_, frame);
  if (mbuf == nullptr) return Error{"no packet buffer is free: try again, or raise 'mbufs'"};

  std::atomic<std::int64_t> budget{kMaxPackets};
  Tracer tracer(TraceFilter{}, 0, budget, kTraceBytes);
  lcore_->tracer = &tracer;
  lcore_->proxy_cache = cache;
  lcore_->flows = flows;
  lcore_->icmp_limiter = IcmpLimiter{};
  lcore_->now_tsc = rte_rdtsc();
  const std::array<rte_mbuf*, 1> burst{mbuf};
  forward_burst(tables, *lcore_, port, burst);
  tracer.finish();
  lcore_->tracer = nullptr;
  lcore_->proxy_cache = nullptr;
  lcore_->flows = nullptr;

  Explanation out;
  out.frames = collect(lcore_->output);
  TracedPacket packet;
  while (tracer.take(packet))
    out.packets.push_back(packet);
  return out;
}

}  // namespace sextant
