// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// End (RFC 8986 section 4.1): on to the next segment. With NEXT-CSID: uN.
#include "behavior_function.hpp"
#include "common.hpp"

namespace sextant {

static Verdict end_step(ForwardContext& context, Packet packet, const LocalSidEntry& sid) noexcept {
  if (has_csid_argument(packet, sid)) {                                          // N01 of RFC 9800
    if (const auto refused = shift_csid(context, packet, sid)) return *refused;  // N02 to N07
    return Verdict::lookup();                                                    // N08
  }
  SpentHeaders spent;
  if (const auto refused = select_srh(context, packet, sid, &spent)) return *refused;  // S01
  if (!has_segments_left(packet)) {                                                    // S02
    if (is_ultimate_decapsulation(packet, sid)) {                       // USD, section 4.16.3 S01
      if (const auto refused = expose_packet(packet)) return *refused;  // S02
      return Verdict::lookup();                                         // S03
    }
    const Verdict verdict = process_upper_layer(packet);
    if (!verdict.dropped()) pop_spent(packet, sid, spent);  // USP, section 4.16.2 S03.1 to S03.3
    return verdict;                                         // S03
  }
  if (const auto refused = check_next_segment(context, packet, sid)) return *refused;  // S05 to S11
  next_segment(packet, sid.flavors);  // S12 to S14, PSP: S14.1 to S14.5
  pop_spent(packet, sid, spent);
  return Verdict::lookup();  // S15
}

void behaviors::end(ForwardContext& context, std::span<const Lane> lanes) noexcept {
  for_each_packet<end_step>(context, lanes);
}

}  // namespace sextant
