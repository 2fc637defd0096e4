// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// The functions of behaviors.def, and the loop around what each does with one packet.
#pragma once

#include <span>

#include <sextant/srv6/behavior.hpp>

#include "dataplane/forward.hpp"

namespace sextant {

// Executes a behavior on packets whose result is a local SID of that behavior, whose IPv6 header
// chain is parsed and whose bytes are as received. Routes every lane and counts it for its SID.
using BehaviorFunction = void (*)(ForwardContext& context, std::span<const Lane> lanes) noexcept;

namespace behaviors {
#define SEXTANT_BEHAVIOR(enumerator, code_point, name, title, argument, flavors, function) \
  void function(ForwardContext& context, std::span<const Lane> lanes) noexcept;
#include <sextant/srv6/behaviors.def>
#undef SEXTANT_BEHAVIOR
}  // namespace behaviors

// What a behavior does with one packet: checks everything, then changes bytes, then says where
// next.
using BehaviorStep = Verdict (*)(ForwardContext& context, Packet packet,
                                 const LocalSidEntry& sid) noexcept;

// The loop of a BehaviorFunction around its step. Packets of one SID often come in a row.
template <BehaviorStep Step>
inline void for_each_packet(ForwardContext& context, std::span<const Lane> lanes) noexcept {
  Burst& burst = context.burst;
  CounterRun good;
  const LocalSidEntry* sid = nullptr;
  SidCounter* counter = nullptr;
  for (const Lane lane : lanes) {
    const Packet packet = burst.packet(lane);
    const LocalSidEntry* const next = &context.tables.local_sids[packet.meta().result.index()];
    if (next != sid) {
      sid = next;
      counter = &context.lcore.counters.local_sid(sid->id);
    }
    const std::uint32_t bytes = packet.bytes();
    const Verdict verdict = Step(context, packet, *sid);
    if (likely(!verdict.dropped())) {
      good.add(counter->good, bytes);
    } else {
      counter->bad.add(1, bytes);
    }
    route(context, lane, verdict);
  }
}

}  // namespace sextant
