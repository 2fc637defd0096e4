// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// SR Policies in the data path: choosing a segment list, replicating, counting.
#pragma once

#include <span>

#include "forward.hpp"

namespace sextant {

// Takes one packet (IP or frame) into a policy: chooses the segment list by flow, or copies the
// packet for each list of a spray policy (copies are routed here, the packet itself by the
// verdict), counts for policy and list, and pushes the list. Called by End.B6.*.
Verdict enter_policy(ForwardContext& context, Lane lane, PolicyId policy) noexcept;

// The same for all packets whose result is a steering rule; counts for the rules too, and routes
// every lane.
void steer(ForwardContext& context, std::span<const Lane> lanes) noexcept;

// A copy of the packet in a new lane of the burst, meta included; false (and counted) when no mbuf
// or no room is left. For spray and flooding.
bool replicate(ForwardContext& context, Lane lane, Lane* copy) noexcept;

}  // namespace sextant
