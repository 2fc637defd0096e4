// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// End.B6.Insert (draft-filsfils-spring-srv6-net-pgm-insertion): the binding SID of an SR Policy
// that inserts.
#include "behavior_function.hpp"
#include "common.hpp"
#include "dataplane/policy.hpp"

namespace sextant {

static Verdict end_b6_insert_step(ForwardContext& context, Packet packet,
                                  const LocalSidEntry& sid) noexcept {
  SpentHeaders spent;
  if (const auto refused = select_srh(context, packet, sid, &spent)) return *refused;  // S01
  if (!has_segments_left(packet)) {                                                    // S02
    return process_upper_layer(packet, DropReason::end_segments_left_zero);            // S03
  }
  if (const auto refused = check_next_segment(context, packet, sid)) return *refused;  // S05 to S11
  if (const auto refused = check_policy(context, sid)) return *refused;
  --packet.ipv6().hop_limit;  // S12
  PacketMeta& meta = packet.meta();
  meta.hop_limit_done = true;
  // The received SRH is left as it is: the node of the policy's last segment, with nothing left in
  // the inserted SRH, processes it from there and so takes this SID's step.
  meta.binding_insert = true;
  const Verdict verdict = enter_policy(context, context.burst.lane_of(packet), sid.object);
  meta.binding_insert = false;  // what is refused may become an ICMP error, steered elsewhere
  return verdict;
}

void behaviors::end_b6_insert(ForwardContext& context, std::span<const Lane> lanes) noexcept {
  for_each_packet<end_b6_insert_step>(context, lanes);
}

}  // namespace sextant
