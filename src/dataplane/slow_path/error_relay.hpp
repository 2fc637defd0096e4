// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Errors about packets that this node encapsulated, turned into errors for the inner source.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include <sextant/net/ip_address.hpp>

#include "icmp_reply.hpp"

namespace sextant {

// What was inside an encapsulation made by this node, and what its source has to be told.
struct RelayedError {
  IpAddress inner_source;
  ByteView inner;      // part of the quoted packet
  IcmpErrorKind kind;  // of the family of inner
};

using IsOwnSource = std::function<bool(const Ipv6Address&)>;

// quoted: a packet, perhaps cut, whose outer source is_own accepts: IPv6, extension headers, then
// IPv6 or IPv4 inside, perhaps several times. kind: the ICMPv6 error about it. RFC 2473 section 8:
// Packet Too Big becomes Packet Too Big (at least 1280) or fragmentation needed, less what is in
// front of the inner packet; anything else becomes an unreachable host. Nothing when the packet is
// no such encapsulation, or when its source could do nothing about it: an IPv6 packet that already
// fits 1280 bytes, an IPv4 packet that may be fragmented on the way.
[[nodiscard]] std::optional<RelayedError> relay_error(ByteView quoted, const IcmpErrorKind& kind,
                                                      const IsOwnSource& is_own);

// The error itself, from source (of the family of the inner packet); nothing when none must be
// sent.
[[nodiscard]] std::optional<Bytes> make_relayed_error(const RelayedError& error,
                                                      const IpAddress& source);

}  // namespace sextant
