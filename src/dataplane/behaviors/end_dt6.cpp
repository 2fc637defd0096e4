// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// End.DT6 (RFC 8986 section 4.6): the IPv6 packet inside is looked up in a table.
#include "behavior_function.hpp"
#include "common.hpp"

namespace sextant {

static Verdict end_dt6_step(ForwardContext& context, Packet packet,
                            const LocalSidEntry& sid) noexcept {
  if (const auto refused = check_last_segment(context, packet, sid)) return *refused;  // S01 to S06
  // Upper layer
  if (packet.meta().upper_layer != ip_protocol::kIpv6) {  // S01
    return process_upper_layer(packet);                   // S05
  }
  if (const auto refused = expose_packet(packet, PacketKind::kIpv6)) return *refused;  // S02
  return forward_in(packet, sid.table);                                                // S03, S04
}

void behaviors::end_dt6(ForwardContext& context, std::span<const Lane> lanes) noexcept {
  for_each_packet<end_dt6_step>(context, lanes);
}

}  // namespace sextant
