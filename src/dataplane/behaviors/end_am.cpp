// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// End.AM: masquerading proxy (draft-ietf-spring-sr-service-programming, 6.4). The function sees the
// final destination and a routing header to ignore; proxy_return.cpp puts the active segment back.
#include "behavior_function.hpp"
#include "proxy.hpp"

namespace sextant::behaviors {

namespace {

Verdict to_function(ForwardContext& context, Packet packet, const LocalSidEntry& sid) noexcept {
  SpentHeaders spent;
  if (const auto refused = select_srh(context, packet, sid, &spent)) return *refused;
  if (packet.srh() == nullptr) return process_upper_layer(packet, DropReason::end_srh_missing);
  // Behind a spent SRH the way back could not tell which of the two is the active one.
  if (!has_segments_left(packet) || spent.count != 0) {
    return process_upper_layer(packet, DropReason::proxy_last_segment);
  }
  if (const auto refused = check_next_segment(context, packet, sid)) return *refused;
  if (is_martian_destination(packet.srh()->segments()[0])) {
    return Verdict::drop(DropReason::end_next_segment_martian);
  }
  next_segment(packet, 0);
  packet.ipv6().destination = packet.srh()->segments()[0];
  // The function sits on a link of ours, whatever the final destination is.
  packet.meta().link_local = false;
  return forward_exposed_by(context, packet, sid.forward);
}

}  // namespace

void end_am(ForwardContext& context, std::span<const Lane> lanes) noexcept {
  for_each_packet<to_function>(context, lanes);
}

}  // namespace sextant::behaviors
