// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// End.DX2 (RFC 8986 section 4.9): the frame inside leaves by an L2 interface.
#include "behavior_function.hpp"
#include "common.hpp"

namespace sextant {

static Verdict end_dx2_step(ForwardContext& context, Packet packet,
                            const LocalSidEntry& sid) noexcept {
  if (const auto refused = check_last_segment(context, packet, sid)) return *refused;  // S01 to S06
  // Upper layer
  if (packet.meta().upper_layer != ip_protocol::kEthernet) {  // S01
    return process_upper_layer(packet);                       // S05
  }
  if (const auto refused = check_frame(packet)) return *refused;
  if (TableSet::at(context.tables.interfaces, sid.interface) == nullptr) {
    return Verdict::drop(DropReason::lookup_stale_result);
  }
  expose_frame(packet);                      // S02
  return send_frame(packet, sid.interface);  // S03
}

void behaviors::end_dx2(ForwardContext& context, std::span<const Lane> lanes) noexcept {
  for_each_packet<end_dx2_step>(context, lanes);
}

}  // namespace sextant
