// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// End.AS: static proxy to an SR-unaware function (draft-ietf-spring-sr-service-programming, 6.1).
// The encapsulation is dropped here; what comes back gets a configured one, see proxy_return.cpp.
#include "behavior_function.hpp"
#include "proxy.hpp"

namespace sextant::behaviors {

namespace {

Verdict to_function(ForwardContext& context, Packet packet, const LocalSidEntry& sid) noexcept {
  // Since nothing of the SRH is used again, any number of segments may be left, or none.
  SpentHeaders spent;
  if (const auto refused = select_srh(context, packet, sid, &spent)) return *refused;
  if (has_segments_left(packet)) {
    if (const auto refused = check_next_segment(context, packet, sid)) return *refused;
  } else if (packet.meta().upper_layer != protocol_of(sid.inner)) {
    return process_upper_layer(packet);
  }
  if (const auto refused = check_inner_type(packet, sid)) return *refused;
  if (const auto refused = expose_inner(packet, sid)) return *refused;
  return send_to_function(context, packet, sid);
}

}  // namespace

void end_as(ForwardContext& context, std::span<const Lane> lanes) noexcept {
  for_each_packet<to_function>(context, lanes);
}

}  // namespace sextant::behaviors
