// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Behavior, Flavor, Headend: enumerations and their descriptions, generated from the .def lists.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sextant {

// RFC 8986 section 4: what a node does with a packet addressed to one of its SIDs.
enum class Behavior : std::uint8_t {
#define SEXTANT_BEHAVIOR(enumerator, code_point, name, title, argument, flavors, function) \
  enumerator,
#include <sextant/srv6/behaviors.def>
#undef SEXTANT_BEHAVIOR
};

// RFC 8986 section 5: what a headend does with a packet steered into an SR Policy.
enum class Headend : std::uint8_t {
#define SEXTANT_HEADEND(enumerator, name, function) enumerator,
#include <sextant/srv6/headends.def>
#undef SEXTANT_HEADEND
};

// Flavors as a bit set: RFC 8986 section 4.16 and RFC 9800 section 4.1.
using Flavors = std::uint8_t;
inline constexpr Flavors kPsp = 1;       // penultimate segment pop
inline constexpr Flavors kUsp = 2;       // ultimate segment pop
inline constexpr Flavors kUsd = 4;       // ultimate segment decapsulation
inline constexpr Flavors kNextCsid = 8;  // NEXT-CSID: uN, uA, uT, uDT*, uDX*

// Which argument a behavior needs (LocalSid::args holds it).
enum class ArgumentKind : std::uint8_t {
  kNone,
  kAdjacency,  // interface and next hop
  kTable,      // a VRF
  kInterface,  // an L2 interface
  kVlanTable,  // VLAN id -> interface
  kBridge,     // an L2 table
  kPolicy,     // the SR Policy that the SID is bound to
  kProxy,      // interfaces and inner type of a service function
};

struct BehaviorSpec {
  Behavior behavior;
  std::uint16_t code_point;  // IANA "SRv6 Endpoint Behaviors", 0 when none is assigned
  std::string_view name;     // RFC spelling: "End.DT46"
  std::string_view title;    // in words: "Decapsulation and specific IP table lookup"
  ArgumentKind argument;
  Flavors flavors;  // allowed ones
  std::string_view function;
};

inline constexpr auto kBehaviors = std::to_array<BehaviorSpec>({
#define SEXTANT_BEHAVIOR(enumerator, code_point, name, title, argument, flavors, function) \
  {Behavior::enumerator, code_point, name, title, ArgumentKind::argument, flavors, #function},
#include <sextant/srv6/behaviors.def>
#undef SEXTANT_BEHAVIOR
});
inline constexpr std::size_t kBehaviorCount = kBehaviors.size();

struct HeadendSpec {
  Headend headend;
  std::string_view name;
  std::string_view function;
};

inline constexpr auto kHeadends = std::to_array<HeadendSpec>({
#define SEXTANT_HEADEND(enumerator, name, function) {Headend::enumerator, name, #function},
#include <sextant/srv6/headends.def>
#undef SEXTANT_HEADEND
});
inline constexpr std::size_t kHeadendCount = kHeadends.size();

namespace detail {
constexpr bool behaviors_are_unique() {
  for (std::size_t i = 0; i < kBehaviorCount; ++i) {
    for (std::size_t j = i + 1; j < kBehaviorCount; ++j) {
      if (kBehaviors[i].name == kBehaviors[j].name) return false;
      if (kBehaviors[i].code_point != 0 && kBehaviors[i].code_point == kBehaviors[j].code_point) {
        return false;
      }
    }
  }
  return true;
}
}  // namespace detail
static_assert(detail::behaviors_are_unique(), "behaviors.def: a name or code point stands twice");

constexpr const BehaviorSpec& spec_of(Behavior behavior) {
  return kBehaviors[static_cast<std::size_t>(behavior)];
}
constexpr std::string_view name_of(Headend headend) {
  return kHeadends[static_cast<std::size_t>(headend)].name;
}

// A behavior as users write it: "End.DX6", or the micro-SID alias "uDX6" of RFC 9800 deployments,
// which is the same behavior with the NEXT-CSID flavor.
struct NamedBehavior {
  Behavior behavior;
  Flavors implied_flavors;
};

// Exact, case-sensitive. "uN" is End, "uA" is End.X; "uT", "uDT46", "uDX4" ... follow the RFC name.
constexpr std::optional<NamedBehavior> parse_behavior(std::string_view name) {
  if (name == "uN") return NamedBehavior{Behavior::kEnd, kNextCsid};
  if (name == "uA") return NamedBehavior{Behavior::kEndX, kNextCsid};
  for (const BehaviorSpec& spec : kBehaviors) {
    if (spec.name == name) return NamedBehavior{spec.behavior, 0};
    if (name.size() > 1 && name[0] == 'u' && (spec.flavors & kNextCsid) != 0 &&
        spec.name.size() > 4 && spec.name.substr(4) == name.substr(1) && name != "uX") {
      return NamedBehavior{spec.behavior, kNextCsid};
    }
  }
  return std::nullopt;
}

// "PSP,USD" style text; empty for none.
inline std::string flavors_to_string(Flavors flavors) {
  std::string out;
  const auto add = [&](Flavors bit, const char* name) {
    if ((flavors & bit) == 0) return;
    if (!out.empty()) out += ',';
    out += name;
  };
  add(kPsp, "PSP");
  add(kUsp, "USP");
  add(kUsd, "USD");
  add(kNextCsid, "NEXT-CSID");
  return out;
}

constexpr std::optional<Flavors> parse_flavor(std::string_view name) {
  if (name == "PSP") return kPsp;
  if (name == "USP") return kUsp;
  if (name == "USD") return kUsd;
  if (name == "NEXT-CSID") return kNextCsid;
  return std::nullopt;
}

}  // namespace sextant
