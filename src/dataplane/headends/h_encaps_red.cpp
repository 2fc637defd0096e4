// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// H.Encaps.Red (RFC 8986 section 5.2): the first segment stands in the destination only.
#include "common.hpp"

namespace sextant::headends {

Verdict h_encaps_red(ForwardContext& context, Packet packet,
                     const SegmentListEntry& list) noexcept {
  return encapsulate_ip(context, packet, list);
}

}  // namespace sextant::headends
