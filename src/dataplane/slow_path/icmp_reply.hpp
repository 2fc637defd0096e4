// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// ICMP errors that the control thread sends: about a packet as bytes, without an lcore's context.
#pragma once

#include <cstdint>
#include <optional>

#include "wire.hpp"

namespace sextant {

// Codes of destination unreachable.
namespace icmp_code {
inline constexpr std::uint8_t kIcmp6AddressUnreachable = 3;
inline constexpr std::uint8_t kIcmp4HostUnreachable = 1;
}  // namespace icmp_code

struct IcmpErrorKind {
  std::uint8_t type = 0;
  std::uint8_t code = 0;
  std::uint32_t parameter = 0;  // MTU or pointer; the second word of the message
};

// The error from source to the source of the packet, as a whole IP packet. The packet (or as much
// as is left of it) is quoted up to 1280 bytes in all for IPv6, 576 for IPv4. Nothing when no error
// must be sent: the packet is shorter than its IP header, is an ICMP error or redirect itself, went
// to a group or came from no single host, or is a fragment but the first (RFC 4443 section 2.4 e,
// RFC 1812 section 4.3.2.7). Packet Too Big goes out for groups, too.
[[nodiscard]] std::optional<Bytes> make_icmp6_error(ByteView packet, const Ipv6Address& source,
                                                    const IcmpErrorKind& kind);
[[nodiscard]] std::optional<Bytes> make_icmp4_error(ByteView packet, const Ipv4Address& source,
                                                    const IcmpErrorKind& kind);

}  // namespace sextant
