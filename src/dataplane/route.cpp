// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// The end of route(): every drop is counted here. The rest is inline in forward.hpp.
#include "forward.hpp"
#include "icmp_error.hpp"

namespace sextant {

void route_drop(ForwardContext& context, Lane lane, Verdict verdict) noexcept {
  const Packet packet = context.burst.packet(lane);
  context.lcore.counters.drops[static_cast<std::size_t>(verdict.reason())].add(1, packet.bytes());
  if (verdict.error() != IcmpError::kNone) {
    const Verdict answer = make_icmp_error(context, packet, verdict);
    if (!answer.dropped()) return route(context, lane, answer);
  }
  context.lcore.output.dropped.add(packet.mbuf());
}

}  // namespace sextant
