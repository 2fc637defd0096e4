// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// ICMP and ICMPv6 echo: the reply to a request for this node.
#pragma once

#include <cstddef>
#include <optional>

#include "wire.hpp"

namespace sextant {

enum class EchoVerdict : std::uint8_t {
  kReply,
  kNotEcho,    // another ICMP message, in order
  kMalformed,  // too short, wrong checksum, or a source that cannot be answered
};

struct EchoResult {
  EchoVerdict verdict = EchoVerdict::kMalformed;
  Bytes reply;  // a whole IP packet
};

// packet: from the IP header on, nothing behind its end; offset: of the ICMPv6 header.
// multicast_source: the address to answer from when the request was for a group. The source of any
// other reply is the destination of the request, be it an address or a SID (RFC 9259 section 2.3).
[[nodiscard]] EchoResult answer_echo6(ByteView packet, std::size_t offset,
                                      const Ipv6Address& multicast_source);
// offset: of the ICMP header.
[[nodiscard]] EchoResult answer_echo4(ByteView packet, std::size_t offset);

}  // namespace sextant
