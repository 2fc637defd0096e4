// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// End.DX6 (RFC 8986 section 4.4): the IPv6 packet inside leaves by an adjacency.
#include "behavior_function.hpp"
#include "common.hpp"

namespace sextant {

static Verdict end_dx6_step(ForwardContext& context, Packet packet,
                            const LocalSidEntry& sid) noexcept {
  if (const auto refused = check_last_segment(context, packet, sid)) return *refused;  // S01 to S06
  // Upper layer
  if (packet.meta().upper_layer != ip_protocol::kIpv6) {  // S01
    return process_upper_layer(packet);                   // S05
  }
  if (const auto refused = expose_packet(packet, PacketKind::kIpv6)) return *refused;  // S02
  return forward_exposed_by(context, packet, sid.forward);                             // S03
}

void behaviors::end_dx6(ForwardContext& context, std::span<const Lane> lanes) noexcept {
  for_each_packet<end_dx6_step>(context, lanes);
}

}  // namespace sextant
