// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// End.DT2U (RFC 8986 section 4.11): the frame inside is looked up in a bridge.
#include "behavior_function.hpp"
#include "common.hpp"
#include "dataplane/bridge.hpp"

namespace sextant {

static Verdict end_dt2u_step(ForwardContext& context, Packet packet,
                             const LocalSidEntry& sid) noexcept {
  if (const auto refused = check_last_segment(context, packet, sid)) return *refused;  // S01 to S06
  // Upper layer
  if (packet.meta().upper_layer != ip_protocol::kEthernet) {  // S01
    return process_upper_layer(packet);
  }
  if (const auto refused = check_frame(packet)) return *refused;
  if (sid.object >= context.tables.bridges.size()) {
    return Verdict::drop(DropReason::lookup_stale_result);
  }
  expose_frame(packet);  // S02
  // S03, learning: remote addresses come from the configuration, see README.md.
  return bridge_frame(context, context.burst.lane_of(packet), sid.object, true);  // S04 to S08
}

void behaviors::end_dt2u(ForwardContext& context, std::span<const Lane> lanes) noexcept {
  for_each_packet<end_dt2u_step>(context, lanes);
}

}  // namespace sextant
