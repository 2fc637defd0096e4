// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// The functions of headends.def.
#pragma once

#include <sextant/srv6/behavior.hpp>

#include "dataplane/forward.hpp"

namespace sextant {

// Pushes the segment list onto one packet: checks hop limit, MTU, headroom and length first,
// changes nothing when it drops. On success the packet is an IPv6 packet whose next step is already
// known: meta.result is list.first_hop and the verdict is dispatch().
using HeadendFunction = Verdict (*)(ForwardContext& context, Packet packet,
                                    const SegmentListEntry& list) noexcept;

namespace headends {
#define SEXTANT_HEADEND(enumerator, name, function) \
  Verdict function(ForwardContext& context, Packet packet, const SegmentListEntry& list) noexcept;
#include <sextant/srv6/headends.def>
#undef SEXTANT_HEADEND
}  // namespace headends

// Applies the headend that fits: list.headend, or its L2 form when the packet is a frame.
Verdict push_segment_list(ForwardContext& context, Packet packet,
                          const SegmentListEntry& list) noexcept;

}  // namespace sextant
