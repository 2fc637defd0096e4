// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// The end of route(): every drop is counted here. The rest is inline in forward.hpp.
#include "capture.hpp"
#include "forward.hpp"
#include "icmp_error.hpp"
#include "trace.hpp"

namespace sextant {

void route_drop(ForwardContext& context, Lane lane, Verdict verdict) noexcept {
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

}  // namespace sextant
