// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// HMAC TLV of the SRH (RFC 8754 section 2.1.2): keys, verification at a SID, generation at a
// headend.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "forward.hpp"

namespace sextant {

// Hashes the two pads of HMAC (RFC 2104) once per key. Control thread.
HmacKeyEntry make_hmac_key_entry(const HmacKey& key);

// HMAC-SHA-256 of text: starts from the precomputed states, allocates nothing.
void hmac_sha256(const HmacKeyEntry& key, std::span<const std::uint8_t> text,
                 std::span<std::uint8_t, 32> mac) noexcept;

// Checks the HMAC TLV of a packet as received, before Segments Left and destination change, when
// the SID requires one. Needs a parsed header chain. Any key of the TLV's key id will do: during a
// roll-over two keys are live, under two ids or under the same. The drop when the check fails.
Refusal<Verdict> verify_required_hmac(ForwardContext& context, Packet packet) noexcept;
inline Refusal<Verdict> verify_hmac(ForwardContext& context, Packet packet,
                                    const LocalSidEntry& sid) noexcept {
  if (likely(!sid.hmac_required)) return std::nullopt;
  return verify_required_hmac(context, packet);
}

// Fills the HMAC TLV in the last 40 bytes of an SRH; every field before it and the source address
// must be final. The D bit is set when the SRH is a reduced one.
void write_hmac(const HmacKeyEntry& key, const Ipv6Header& ip, Srh& srh) noexcept;

}  // namespace sextant
