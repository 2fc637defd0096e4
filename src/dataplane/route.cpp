// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// route(): the one place where a verdict takes effect, and where every drop is counted.
#include "capture.hpp"
#include "forward.hpp"
#include "icmp_error.hpp"
#include "trace.hpp"

namespace sextant {

namespace {

// Out of line: route() stays a jump and a store for all packets that are not dropped.
[[gnu::noinline]] void drop(ForwardContext& context, Lane lane, Verdict verdict) noexcept {
  const Packet packet = context.burst.packet(lane);
  context.lcore.counters.drops[static_cast<std::size_t>(verdict.reason())].add(1, packet.bytes());
  LcoreState& lcore = context.lcore;
  if (unlikely(lcore.tracer != nullptr)) lcore.tracer->dropped(context, lane, verdict);
  if (unlikely(lcore.taps != nullptr)) capture_drop(context, packet, verdict.reason());
  if (verdict.error() != IcmpError::kNone) {
    const Verdict answer = make_icmp_error(context, packet, verdict);
    if (!answer.dropped()) return route(context, lane, answer);
  }
  context.lcore.output.dropped.add(packet.mbuf());
}

}  // namespace

void route(ForwardContext& context, Lane lane, Verdict verdict) noexcept {
  Burst& burst = context.burst;
  switch (verdict.next()) {
    case Next::kLookup: burst.to_lookup.add(lane); break;
    case Next::kDispatch: burst.to_dispatch.add(lane); break;
    case Next::kTransmit: burst.to_transmit.add(lane); break;
    case Next::kTransmitFrame: burst.to_transmit_frame.add(lane); break;
    case Next::kPunt: burst.to_punt.add(lane); break;
    case Next::kDrop: drop(context, lane, verdict); break;
    case Next::kConsumed: break;
  }
}

}  // namespace sextant
