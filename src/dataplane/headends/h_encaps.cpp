// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// H.Encaps (RFC 8986 section 5.1): outer IPv6 header and SRH with all segments.
#include "common.hpp"

namespace sextant::headends {

Verdict h_encaps(ForwardContext& context, Packet packet, const SegmentListEntry& list) noexcept {
  return encapsulate_ip(context, packet, list);
}

}  // namespace sextant::headends
