// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// End.B6.Encaps.Red (RFC 8986 section 4.14): like End.B6.Encaps with reduced segment lists.
#include "behavior_function.hpp"
#include "common.hpp"
#include "dataplane/policy.hpp"

namespace sextant {

static Verdict end_b6_encaps_red_step(ForwardContext& context, Packet packet,
                                      const LocalSidEntry& sid) noexcept {
  SpentHeaders spent;
  if (const auto refused = select_srh(context, packet, sid, &spent)) return *refused;  // S01
  if (!has_segments_left(packet)) {                                                    // S02
    return process_upper_layer(packet, DropReason::end_segments_left_zero);            // S03
  }
  if (const auto refused = check_next_segment(context, packet, sid)) return *refused;  // S05 to S11
  if (const auto refused = check_policy(context, sid)) return *refused;
  next_segment(packet, sid.flavors);  // S12 to S14
  // S15 to S19: the policy's segment lists are H.Encaps.Red.
  return enter_policy(context, context.burst.lane_of(packet), sid.object);
}

void behaviors::end_b6_encaps_red(ForwardContext& context, std::span<const Lane> lanes) noexcept {
  for_each_packet<end_b6_encaps_red_step>(context, lanes);
}

}  // namespace sextant
