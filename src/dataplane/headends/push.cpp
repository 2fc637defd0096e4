// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// push_segment_list(): picks the headend function by segment list and kind of packet.
#include "headend_function.hpp"

namespace sextant {

namespace {

constexpr auto kFunctions = std::to_array<HeadendFunction>({
#define SEXTANT_HEADEND(enumerator, name, function) headends::function,
#include <sextant/srv6/headends.def>
#undef SEXTANT_HEADEND
});
static_assert(kFunctions.size() == kHeadendCount);

// A segment list serves packets and frames alike: the frame form of its headend.
constexpr Headend form_for_frames(Headend headend) {
  switch (headend) {
    case Headend::kHEncaps: return Headend::kHEncapsL2;
    case Headend::kHEncapsRed: return Headend::kHEncapsL2Red;
    default: return headend;
  }
}

}  // namespace

Verdict push_segment_list(ForwardContext& context, Packet packet,
                          const SegmentListEntry& list) noexcept {
  const bool is_frame = packet.meta().kind == PacketKind::kFrame;
  const Headend headend = is_frame ? form_for_frames(list.headend) : list.headend;
  return kFunctions[static_cast<std::size_t>(headend)](context, packet, list);
}

}  // namespace sextant
