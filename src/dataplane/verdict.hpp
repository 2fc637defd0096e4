// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Verdict: what a step decided for one packet: the next stage, or a drop reason; never both.
#pragma once

#include <cstdint>
#include <optional>
#include <type_traits>

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

  [[nodiscard]] constexpr std::uint64_t word() const { return word_; }
  static constexpr Verdict from_word(std::uint64_t word) { return Verdict(word); }

  [[nodiscard]] constexpr Next next() const { return static_cast<Next>(word_ & 0xff); }
  [[nodiscard]] constexpr bool dropped() const { return next() == Next::kDrop; }
  [[nodiscard]] constexpr DropReason reason() const {
    return static_cast<DropReason>(word_ >> 8 & 0xff);
  }
  [[nodiscard]] constexpr IcmpError error() const {
    return static_cast<IcmpError>(word_ >> 16 & 0xff);
  }
  [[nodiscard]] constexpr std::uint32_t parameter() const {
    return static_cast<std::uint32_t>(word_ >> 32);
  }

 private:
  static_assert(sizeof(Next) == 1 && sizeof(DropReason) == 1 && sizeof(IcmpError) == 1);

  explicit constexpr Verdict(std::uint64_t word) : word_(word) {}
  constexpr Verdict(Next next, DropReason reason = {}, IcmpError error = IcmpError::kNone,
                    std::uint32_t parameter = 0)
      : word_(static_cast<std::uint64_t>(next) | static_cast<std::uint64_t>(reason) << 8 |
              static_cast<std::uint64_t>(error) << 16 |
              static_cast<std::uint64_t>(parameter) << 32) {}

  // One word and not four members: a verdict that is known when it is made is one constant.
  std::uint64_t word_;
};
static_assert(sizeof(Verdict) == 8);

// What a check has against a packet; std::nullopt when it passes. T: DropReason, or the Verdict on
// the packet. Used like std::optional<T>, but one word: an inlined check becomes a plain branch.
template <typename T>
class [[nodiscard]] Refusal {
 public:
  constexpr Refusal(std::nullopt_t) : word_(kNone) {}        // NOLINT(*-explicit-*)
  constexpr Refusal(T refused) : word_(to_word(refused)) {}  // NOLINT(*-explicit-*)
  explicit constexpr operator bool() const { return word_ != kNone; }
  constexpr T operator*() const {
    if constexpr (std::is_same_v<T, Verdict>) {
      return Verdict::from_word(word_);
    } else {
      return static_cast<T>(word_);
    }
  }

 private:
  static constexpr std::uint64_t kNone = ~std::uint64_t{0};  // no verdict and no reason

  static constexpr std::uint64_t to_word(Verdict refused) { return refused.word(); }
  static constexpr std::uint64_t to_word(DropReason refused) {
    return static_cast<std::uint64_t>(refused);
  }

  std::uint64_t word_;
};

}  // namespace sextant
