// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// ForwardingTables: the contract between control and data plane. A plain value: everything that one
// generation of the forwarder knows, with names resolved to ids and next hops to adjacencies.
//
// compile() makes it (src/control/compile), diff() compares two (table_diff.hpp), TableSet applies
// the difference (src/dataplane/tables). Every vector of objects is sorted by id and holds each id
// once; fib is sorted by (table, prefix) and holds each pair once.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <sextant/net/ip_address.hpp>
#include <sextant/srv6/behavior.hpp>
#include <sextant/tables/lookup_result.hpp>

namespace sextant {

// What carries an SR Policy or a proxy: the type of the inner packet.
enum class InnerType : std::uint8_t { kIpv6, kIpv4, kEthernet };

// What happens to a frame that an interface receives.
enum class InterfaceRole : std::uint8_t {
  kRouted,     // addressed to our MAC: looked up in the interface's table
  kL2Steered,  // every frame goes into the SR Policy by H.Encaps.L2 (role_index: SteeringId)
  kBridged,    // member of a bridge (role_index: BridgeId)
  kL2Proxy,    // return side of an Ethernet proxy (role_index: LocalSidId)
  kL2Only,     // far side of End.DX2 or End.DX2V: frames leave; received ones are dropped
};

// A port, or a VLAN of a port.
struct Interface {
  InterfaceId id = kNoInterface;
  std::string name;
  PortIndex port = 0;
  std::uint16_t vlan = 0;  // 0: untagged
  TableId table = 0;
  MacAddress mac;
  // Of the kernel's end of a tap: where the exception path leads. Zero: the same as mac.
  MacAddress kernel_mac;
  std::uint16_t mtu = 1500;  // bytes of an IP packet, link-layer header not counted
  // DESIGN section 4: an untrusted interface (pods, the outside) must not reach the SID space.
  bool trusted = true;
  InterfaceRole role = InterfaceRole::kRouted;
  std::uint32_t role_index = kNoObject;
  // Routed interfaces on the return side of End.AS/AD/AM: packets of that type belong to the proxy.
  LocalSidId proxy_ipv6 = kNoObject;
  LocalSidId proxy_ipv4 = kNoObject;
  std::vector<IpPrefix> addresses;     // own addresses with the length of their subnet
  std::vector<IpPrefix> allowed_sids;  // SID space that this untrusted interface may reach
  // Router advertisements: answered and sent when set.
  struct RouterAdvertisement {
    std::uint16_t lifetime_s = 1800;
    std::uint8_t hop_limit = 64;
    bool managed = false;
    bool other = false;
    std::vector<IpPrefix> prefixes;  // on-link and autonomous
    friend bool operator==(const RouterAdvertisement&, const RouterAdvertisement&) = default;
  };
  std::optional<RouterAdvertisement> router_advertisement;

  friend bool operator==(const Interface&, const Interface&) = default;
};

struct Table {
  TableId id = 0;
  std::string name;
  InterfaceId exception = kNoInterface;  // own-address traffic that is not served leaves here

  friend bool operator==(const Table&, const Table&) = default;
};

// Where a prefix of a table leads. LookupResult says by its kind what it is: RFC 8986 section 3.3
// makes a SID a FIB entry like any other.
struct FibEntry {
  TableId table = 0;
  IpPrefix prefix;  // masked
  LookupResult result;

  friend bool operator==(const FibEntry&, const FibEntry&) = default;
};

// A link-layer next hop. Unresolved ones (no MAC known) send packets to the neighbor hold queue.
struct Adjacency {
  AdjacencyId id = kNoObject;
  InterfaceId interface = kNoInterface;
  IpAddress next_hop;
  MacAddress mac;
  bool resolved = false;
  bool permanent = false;  // from configuration: never aged, never overwritten by ARP or ND

  friend bool operator==(const Adjacency&, const Adjacency&) = default;
};

// Weighted next hops as a slot array: slots[hash & (size - 1)], size a power of two. Filled by
// consistent hashing, so that one changed member moves about its own share of flows.
struct EcmpGroup {
  EcmpGroupId id = kNoObject;
  std::vector<LookupResult> slots;

  friend bool operator==(const EcmpGroup&, const EcmpGroup&) = default;
};

// RFC 9800 section 4: how many bits of a NEXT-CSID SID are the locator block, and how many are
// shifted out when the SID is consumed (locator node and function).
struct CsidStructure {
  std::uint8_t block_bits = 32;
  std::uint8_t csid_bits = 16;

  friend bool operator==(const CsidStructure&, const CsidStructure&) = default;
};

// The arguments of a local SID, resolved. Which ones count follows from ArgumentKind.
struct SidArgs {
  LookupResult forward;                         // kAdjacency, kProxy to an L3 function
  TableId table = 0;                            // kTable
  InterfaceId interface = kNoInterface;         // kInterface; kProxy: towards the function
  VlanTableId vlan_table = kNoObject;           // kVlanTable
  BridgeId bridge = kNoObject;                  // kBridge
  PolicyId policy = kNoObject;                  // kPolicy
  InnerType inner = InnerType::kIpv6;           // kProxy
  InterfaceId return_interface = kNoInterface;  // kProxy: back from the function
  SegmentListId static_list = kNoObject;        // End.AS: what to push on return

  friend bool operator==(const SidArgs&, const SidArgs&) = default;
};

struct LocalSid {
  LocalSidId id = kNoObject;
  Ipv6Address sid;
  std::uint8_t prefix_len = 128;
  TableId table = 0;  // where the SID is installed
  Behavior behavior = Behavior::kEnd;
  Flavors flavors = 0;
  CsidStructure csid;  // with kNextCsid only
  bool hmac_required = false;
  SidArgs args;

  friend bool operator==(const LocalSid&, const LocalSid&) = default;
};

// How the outer header of an encapsulation is filled.
struct OuterHeader {
  Ipv6Address source;
  std::uint8_t hop_limit = 64;
  // Set: this traffic class (DSCP part; ECN always follows RFC 6040). Unset: copied from inside.
  std::optional<std::uint8_t> traffic_class;
  std::uint32_t hmac_key_id = 0;  // 0: no HMAC TLV

  friend bool operator==(const OuterHeader&, const OuterHeader&) = default;
};

// One explicit path. segments in travel order: segments[0] is visited first.
struct SegmentList {
  SegmentListId id = kNoObject;
  std::vector<Ipv6Address> segments;    // 1 to kMaxSegments
  Headend headend = Headend::kHEncaps;  // kHEncaps, kHEncapsRed (both serve L2 too) or kHInsert
  OuterHeader outer;
  // Where a packet with segments[0] as destination goes, resolved in the policy's egress table.
  LookupResult first_hop;
  // Bytes that an encapsulated packet may have: as configured, else the smallest MTU of the
  // interfaces that first_hop leads to (compile() fills it in); 0: unknown, not checked before the
  // push.
  std::uint16_t path_mtu = 0;
  // End.AS: how many of the segments were already travelled when the packet returns.
  std::uint8_t segments_done = 0;

  friend bool operator==(const SegmentList&, const SegmentList&) = default;
};

// The active candidate path of an SR Policy (RFC 9256), reduced to what forwarding needs.
struct Policy {
  PolicyId id = kNoObject;
  std::string name;
  TableId egress_table = 0;  // where segments[0] is looked up
  bool valid = true;         // false: drop upon invalid
  bool spray = false;        // replicate to every list instead of choosing one
  // A flow stays on its list as long as that is in lists, whatever slots say meanwhile.
  bool sticky = false;
  // Seconds for which a client stays on its list for new flows, too; 0: every flow for itself.
  std::uint32_t affinity_timeout_s = 0;
  std::vector<SegmentListId> lists;  // those that only drain included
  // lists index by flow: slots[hash & (size - 1)], size a power of two, or empty for one list.
  // Lists that drain are in no slot.
  std::vector<std::uint16_t> slots;

  friend bool operator==(const Policy&, const Policy&) = default;
};

// A steering rule; the FIB (or an interface, or a PortSteering) points here.
struct Steering {
  SteeringId id = kNoObject;
  PolicyId policy = kNoObject;
  std::string name;  // as the user wrote it: "a7::/64", "interface pg0", "tcp a7::1 80"

  friend bool operator==(const Steering&, const Steering&) = default;
};

// Decision by protocol and destination port for one destination.
struct PortSteering {
  PortSteeringId id = kNoObject;
  struct Rule {
    std::uint8_t protocol = 0;
    std::uint16_t port = 0;  // host byte order
    LookupResult result;
    friend bool operator==(const Rule&, const Rule&) = default;
  };
  std::vector<Rule> rules;  // sorted by (protocol, port)
  LookupResult otherwise;

  friend bool operator==(const PortSteering&, const PortSteering&) = default;
};

// End.DX2V: VLAN id of the inner frame -> interface.
struct VlanTable {
  VlanTableId id = kNoObject;
  std::string name;
  struct Entry {
    std::uint16_t vlan = 0;
    InterfaceId interface = kNoInterface;
    friend bool operator==(const Entry&, const Entry&) = default;
  };
  std::vector<Entry> entries;  // sorted by vlan

  friend bool operator==(const VlanTable&, const VlanTable&) = default;
};

// An L2 table for End.DT2U and End.DT2M: local members, remote ones by SR Policy, known addresses.
struct Bridge {
  BridgeId id = kNoObject;
  std::string name;
  std::vector<InterfaceId> members;
  std::vector<SteeringId> remotes;  // policies that reach the same bridge on other nodes
  struct Mac {
    MacAddress mac;
    bool remote = false;
    std::uint32_t target = 0;  // InterfaceId, or SteeringId when remote
    bool permanent = true;     // false: learned
    friend bool operator==(const Mac&, const Mac&) = default;
  };
  std::vector<Mac> macs;  // sorted by mac
  bool learning = true;

  friend bool operator==(const Bridge&, const Bridge&) = default;
};

// What becomes of packets for one address that leave by an interface of a service backend: the
// destination changes here, on the backend's node, and back again in what the interface returns.
struct Translation {
  TranslationId id = kNoObject;
  InterfaceId interface = kNoInterface;
  IpAddress address;  // destination before the translation: the virtual IP of a service
  struct Rule {
    std::uint8_t protocol = 0;  // TCP, UDP or SCTP
    std::uint16_t port = 0;     // destination port before; host byte order, as target_port
    IpAddress target;           // destination after; of the family of address
    std::uint16_t target_port = 0;
    bool draining = false;  // connections that there are go on; no new ones
    friend bool operator==(const Rule&, const Rule&) = default;
  };
  // Sorted by (protocol, port). A target has rules of its own that lead to itself: flows that go
  // there directly are known, too, so that no two look the same to the backend.
  std::vector<Rule> rules;

  friend bool operator==(const Translation&, const Translation&) = default;
};

struct HmacKey {
  std::uint32_t id = 0;
  std::vector<std::uint8_t> secret;

  friend bool operator==(const HmacKey&, const HmacKey&) = default;
};

// What holds for the whole node.
struct NodeSettings {
  // The SID space of the SR domain (RFC 8754 section 5.1): unreachable from untrusted interfaces.
  std::vector<IpPrefix> sid_space;
  // Sources that may address local SIDs; empty: any source on a trusted interface.
  std::vector<IpPrefix> sources;
  std::vector<HmacKey> hmac_keys;  // sorted by id
  std::uint32_t icmp_errors_per_second = 1000;
  std::uint32_t icmp_error_burst = 50;

  friend bool operator==(const NodeSettings&, const NodeSettings&) = default;
};

struct ForwardingTables {
  NodeSettings settings;
  std::vector<Table> tables;
  std::vector<Interface> interfaces;
  std::vector<FibEntry> fib;
  std::vector<Adjacency> adjacencies;
  std::vector<EcmpGroup> ecmp_groups;
  std::vector<LocalSid> local_sids;
  std::vector<SegmentList> segment_lists;
  std::vector<Policy> policies;
  std::vector<Steering> steerings;
  std::vector<PortSteering> port_steerings;
  std::vector<VlanTable> vlan_tables;
  std::vector<Bridge> bridges;
  std::vector<Translation> translations;

  friend bool operator==(const ForwardingTables&, const ForwardingTables&) = default;
};

}  // namespace sextant
