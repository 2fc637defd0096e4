// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Verdict: what a step decided for one packet: the next stage, or a drop reason; never both.
#pragma once

#include <cstdint>

#include <sextant/net/headers.hpp>
#include <sextant/telemetry/drop_reason.hpp>

namespace sextant {

// The ICMP error that a drop is answered with. Named after ICMPv6; icmp_error.cpp maps each to the
// ICMPv4 type and code when the packet is IPv4.
enum class IcmpError : std::uint8_t {
  kNone,
  kTimeExceeded,            // hop limit exceeded in transit
  kPacketTooBig,            // parameter: MTU in bytes
  kNoRoute,                 // destination unreachable, code 0
  kAdminProhibited,         // destination unreachable, code 1
  kAddressUnreachable,      // destination unreachable, code 3
  kPortUnreachable,         // destination unreachable, code 4
  kErroneousHeader,         // parameter problem, code 0; parameter: pointer
  kUnrecognizedNextHeader,  // parameter problem, code 1; parameter: pointer
  kSrUpperLayer,  // parameter problem, code 4 (RFC 8986 section 4.1.1); parameter: pointer
};

// Where a packet goes next.
enum class Next : std::uint8_t {
  kDrop,           // counted under reason(), answered with error() where the limit allows
  kLookup,         // look the destination up in PacketMeta::table
  kDispatch,       // PacketMeta::result is known: act on it
  kTransmit,       // an IP packet that leaves by the adjacency in PacketMeta::result
  kTransmitFrame,  // an Ethernet frame that leaves PacketMeta::tx_interface as it is
  kPunt,           // to the control thread
  kConsumed,       // nothing left to do: the packet went elsewhere
};

class Verdict {
 public:
  static constexpr Verdict lookup() { return {Next::kLookup}; }
  static constexpr Verdict dispatch() { return {Next::kDispatch}; }
  static constexpr Verdict transmit() { return {Next::kTransmit}; }
  static constexpr Verdict transmit_frame() { return {Next::kTransmitFrame}; }
  static constexpr Verdict punt() { return {Next::kPunt}; }
  static constexpr Verdict consumed() { return {Next::kConsumed}; }
  // parameter: pointer (bytes from the start of the packet as it now is) or MTU, as IcmpError says.
  static constexpr Verdict drop(DropReason reason, IcmpError error = IcmpError::kNone,
                                std::uint32_t parameter = 0) {
    return {Next::kDrop, reason, error, parameter};
  }

  [[nodiscard]] constexpr Next next() const { return next_; }
  [[nodiscard]] constexpr bool dropped() const { return next_ == Next::kDrop; }
  [[nodiscard]] constexpr DropReason reason() const { return reason_; }
  [[nodiscard]] constexpr IcmpError error() const { return error_; }
  [[nodiscard]] constexpr std::uint32_t parameter() const { return parameter_; }

 private:
  constexpr Verdict(Next next, DropReason reason = {}, IcmpError error = IcmpError::kNone,
                    std::uint32_t parameter = 0)
      : next_(next), reason_(reason), error_(error), parameter_(parameter) {}

  Next next_;
  DropReason reason_;
  IcmpError error_;
  std::uint32_t parameter_;
};
static_assert(sizeof(Verdict) == 8);

}  // namespace sextant
