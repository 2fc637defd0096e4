// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// LookupResult: the tagged 32-bit word that every table lookup ends in.
#pragma once

#include <cstdint>

#include <sextant/telemetry/drop_reason.hpp>

namespace sextant {

using TableId = std::uint16_t;      // a VRF
using InterfaceId = std::uint16_t;  // a port or a VLAN sub-interface
using PortIndex = std::uint16_t;    // position of a port in the configuration
// Ids of table objects; stable over updates, so that counters survive; below kMaxObjects.
using LocalSidId = std::uint32_t;
using PolicyId = std::uint32_t;
using SegmentListId = std::uint32_t;
using AdjacencyId = std::uint32_t;
using EcmpGroupId = std::uint32_t;
using BridgeId = std::uint32_t;
using VlanTableId = std::uint32_t;
using PortSteeringId = std::uint32_t;
using SteeringId = std::uint32_t;
using TranslationId = std::uint32_t;

inline constexpr std::uint32_t kMaxObjects = 1u << 28;
inline constexpr std::uint32_t kNoObject = kMaxObjects - 1;
inline constexpr InterfaceId kNoInterface = 0xffff;

// Says what the node does with a destination: 4 bits of kind, 28 bits of index into the objects of
// that kind.
class LookupResult {
 public:
  enum class Kind : std::uint8_t {
    kDrop,          // index: DropReason
    kAdjacency,     // index: AdjacencyId
    kEcmpGroup,     // index: EcmpGroupId
    kLocalSid,      // index: LocalSidId
    kPolicy,        // index: SteeringId: into an SR Policy, with a counter per steering rule
    kLocalAddress,  // index: InterfaceId (or kNoInterface) that owns the address
    kGlean,         // index: InterfaceId of the connected subnet: resolve the destination itself
    kPortSteering,  // index: PortSteeringId: decide by protocol and destination port
    kPunt,          // index: TableId: to the kernel by the exception port of that table
  };

  constexpr LookupResult() : LookupResult(DropReason::lookup_no_route) {}
  constexpr LookupResult(Kind kind, std::uint32_t index)
      : word_(static_cast<std::uint32_t>(kind) << 28 | (index & (kMaxObjects - 1))) {}
  explicit constexpr LookupResult(DropReason reason)
      : LookupResult(Kind::kDrop, static_cast<std::uint32_t>(reason)) {}

  [[nodiscard]] constexpr Kind kind() const { return static_cast<Kind>(word_ >> 28); }
  [[nodiscard]] constexpr std::uint32_t index() const { return word_ & (kMaxObjects - 1); }
  [[nodiscard]] constexpr std::uint32_t word() const { return word_; }
  static constexpr LookupResult from_word(std::uint32_t word) {
    LookupResult r;
    r.word_ = word;
    return r;
  }
  friend constexpr bool operator==(LookupResult, LookupResult) = default;

 private:
  std::uint32_t word_;
};
static_assert(sizeof(LookupResult) == 4);

}  // namespace sextant
