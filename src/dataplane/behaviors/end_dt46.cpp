// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// End.DT46 (RFC 8986 section 4.8): the IP packet inside is looked up in a table of its family.
#include "behavior_function.hpp"
#include "common.hpp"

namespace sextant {

static Verdict end_dt46_step(ForwardContext& context, Packet packet,
                             const LocalSidEntry& sid) noexcept {
  if (const auto refused = check_last_segment(context, packet, sid)) return *refused;  // S01 to S06
  // Upper layer
  const std::uint8_t upper_layer = packet.meta().upper_layer;
  if (upper_layer != ip_protocol::kIpv4 && upper_layer != ip_protocol::kIpv6) {  // S01, S05
    return process_upper_layer(packet);                                          // S10
  }
  if (const auto refused = expose_packet(packet)) return *refused;  // S02, S06
  return forward_in(packet, sid.table);                             // S03, S04 and S07, S08
}

void behaviors::end_dt46(ForwardContext& context, std::span<const Lane> lanes) noexcept {
  for_each_packet<end_dt46_step>(context, lanes);
}

}  // namespace sextant
