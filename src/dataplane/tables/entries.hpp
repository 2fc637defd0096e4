// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// The objects of one generation in the form in which lcores read them: plain, cache-line aligned,
// with everything precomputed that does not depend on the packet.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include <sextant/srv6/srh.hpp>
#include <sextant/tables/forwarding_tables.hpp>

namespace sextant {

// A prefix to compare against: IPv6 only (SID space).
struct PrefixEntry {
  Ipv6Address address;
  std::uint8_t len = 0;

  [[nodiscard]] bool contains(const Ipv6Address& a) const {
    const unsigned whole = len / 8;
    if (std::memcmp(a.bytes.data(), address.bytes.data(), whole) != 0) return false;
    const unsigned rest = len % 8;
    return rest == 0 || ((a.bytes[whole] ^ address.bytes[whole]) >> (8 - rest)) == 0;
  }
};

struct alignas(64) InterfaceEntry {
  bool present = false;
  bool trusted = true;
  InterfaceRole role = InterfaceRole::kRouted;
  bool has_allowed_sids = false;  // TableSet::allowed_sids
  bool translates = false;        // TableSet::translation_of() knows some of its destinations
  TableId table = 0;
  PortIndex port = 0;
  std::uint16_t vlan = 0;
  std::uint16_t mtu = 0;
  MacAddress mac;
  std::uint32_t role_index = kNoObject;
  LocalSidId proxy_ipv6 = kNoObject;
  LocalSidId proxy_ipv4 = kNoObject;
  Ipv6Address icmp6_source;  // of errors sent by this interface; :: when it has no address
  Ipv4Address icmp4_source;
  MacAddress kernel_mac;  // where the exception path leads
};
static_assert(sizeof(InterfaceEntry) == 64);

// Everything to put before an IP packet on its way out.
struct alignas(64) AdjacencyEntry {
  bool present = false;
  bool resolved = false;
  bool translates = false;         // as its interface
  std::uint8_t header_bytes = 14;  // 14, or 18 with a VLAN tag
  PortIndex port = 0;
  InterfaceId interface = kNoInterface;
  TableId table = 0;  // of its interface
  std::uint16_t mtu = 0;
  // Destination, source, optional tag, and the ethertype of IPv6; IPv4 patches the last two bytes.
  std::array<std::uint8_t, 18> header{};
};
static_assert(sizeof(AdjacencyEntry) == 64);

struct EcmpEntry {
  const LookupResult* slots = nullptr;
  std::uint32_t mask = 0;  // slots - 1
};

struct alignas(64) LocalSidEntry {
  bool present = false;
  Behavior behavior = Behavior::kEnd;
  Flavors flavors = 0;
  bool hmac_required = false;
  std::uint8_t prefix_len = 128;
  std::uint8_t block_bits = 0;  // NEXT-CSID, RFC 9800
  std::uint8_t csid_bits = 0;
  InnerType inner = InnerType::kIpv6;
  TableId installed_table = 0;
  TableId table = 0;  // argument of End.T and End.DT*
  InterfaceId interface = kNoInterface;
  InterfaceId return_interface = kNoInterface;
  LookupResult forward;  // argument of End.X, End.DX4/6, proxies to an L3 function
  // BridgeId, VlanTableId, PolicyId or SegmentListId, as the behavior's ArgumentKind says.
  std::uint32_t object = kNoObject;
  LocalSidId id = kNoObject;
  Ipv6Address sid;
};
static_assert(sizeof(LocalSidEntry) == 64);

// A segment list with the bytes to push already laid out: outer IPv6 header and SRH, or the SRH
// alone for H.Insert. What depends on the packet is left zero and patched: payload length, traffic
// class, flow label, the next header of the inner packet and, for H.Insert, the hop limit, the
// source and segment 0.
struct alignas(64) SegmentListEntry {
  static constexpr std::size_t kMaxRewrite =
      sizeof(Ipv6Header) + srh_bytes(kMaxSegments + 1) + sizeof(HmacTlv);

  bool present = false;
  Headend headend = Headend::kHEncaps;
  bool copy_traffic_class = true;
  std::uint8_t traffic_class = 0;   // when not copied; its ECN bits are 0
  std::uint16_t rewrite_bytes = 0;  // valid bytes in rewrite
  std::uint16_t srh_len = 0;        // bytes of the SRH within rewrite_bytes; 0: no SRH
  // Offset in rewrite of the byte that becomes the protocol number of the inner packet.
  std::uint16_t next_header_at = 6;
  std::uint16_t path_mtu = 0;       // 0: not known
  std::uint16_t hmac_key = 0xffff;  // index in TableSet::hmac_keys; 0xffff: none
  LookupResult first_hop;
  TableId egress_table = 0;
  std::uint32_t id = kNoObject;
  std::array<std::uint8_t, 36> reserved{};
  alignas(64) std::array<std::uint8_t, kMaxRewrite> rewrite{};
};

struct PolicyEntry {
  const SegmentListId* lists = nullptr;
  const std::uint16_t* slots = nullptr;  // index into lists; null when there is one list
  // By index into lists, whether it is in no slot; null when all are.
  const std::uint8_t* draining = nullptr;
  std::uint32_t mask = 0;  // slots - 1
  std::uint16_t list_count = 0;
  TableId egress_table = 0;
  bool present = false;
  bool valid = false;
  bool spray = false;
  bool sticky = false;
  std::uint32_t affinity_timeout_s = 0;
};

struct PortSteeringEntry {
  const PortSteering::Rule* rules = nullptr;
  std::uint32_t rule_count = 0;
  LookupResult otherwise;
};

struct VlanTableEntry {
  const InterfaceId* by_vlan = nullptr;  // 4096 of them; kNoInterface where there is none
};

struct BridgeEntry {
  const InterfaceId* members = nullptr;
  const SteeringId* remotes = nullptr;
  const Bridge::Mac* macs = nullptr;  // sorted by address
  std::uint32_t mac_count = 0;
  std::uint16_t member_count = 0;
  std::uint16_t remote_count = 0;
  bool learning = false;
};

struct TranslationEntry {
  const Translation::Rule* rules = nullptr;  // sorted by protocol and port
  std::uint32_t rule_count = 0;
  InterfaceId interface = kNoInterface;
  TranslationId next = kNoObject;  // of the same address behind another interface
};

// SHA-256 states after the inner and outer pad of HMAC (RFC 2104), so that an lcore only hashes the
// text itself.
struct HmacKeyEntry {
  std::uint32_t id = 0;
  std::array<std::uint32_t, 8> inner_state{};
  std::array<std::uint32_t, 8> outer_state{};
};

}  // namespace sextant
