// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Header checks that parse, decapsulation and tests share.
#pragma once

#include <optional>

#include <sextant/telemetry/drop_reason.hpp>

#include "packet.hpp"

namespace sextant {

// Checks the IPv6 packet at the start of data: version, lengths, addresses that must not appear on
// a link (RFC 4291, RFC 8200). Cuts link-layer padding off the end; changes nothing else. The
// reason when the packet must be dropped.
std::optional<DropReason> check_ipv6(Packet packet) noexcept;

// The same for IPv4 (RFC 1812 section 5.2.2), header checksum included.
std::optional<DropReason> check_ipv4(Packet packet) noexcept;

// Walks the IPv6 extension headers and fills the chain fields of the meta: the SRH, if any, and the
// upper-layer header. Needs a packet that passed check_ipv6. All headers walked over lie in the
// first segment and inside the payload length. The reason when the chain is malformed.
std::optional<DropReason> parse_ipv6_chain(Packet packet) noexcept;

}  // namespace sextant
