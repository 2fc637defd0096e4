// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// DesiredState: what the operator wants in SRv6 words, with names instead of ids and an origin for
// every object, so that a finding names the line and the field that caused it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sextant/common/diagnostic.hpp>
#include <sextant/net/ip_address.hpp>
#include <sextant/srv6/behavior.hpp>
#include <sextant/tables/forwarding_tables.hpp>

namespace sextant {

// Where an object was written. Objects that do not come from a file have a file name that says
// where they do come from, and no keys.
struct Origin {
  struct Key {
    std::string name;  // below the object: "interface", "segments[2]"
    int line = 0;
    int column = 0;

    friend bool operator==(const Key&, const Key&) = default;
  };

  SourceLocation where;   // of the object
  std::string field;      // path to the object: "local_sids[3]"
  std::vector<Key> keys;  // the fields that were written, and where their values stand
  // Something in it could not be understood and was reported; only its name counts.
  bool broken = false;

  // The place of a field; that of the object when the field was not written.
  [[nodiscard]] SourceLocation where_of(std::string_view key) const;
  // The path of a field: "local_sids[3].interface".
  [[nodiscard]] std::string path_of(std::string_view key) const;
  // True when the field was written, even with its default.
  [[nodiscard]] bool has(std::string_view key) const;

  friend bool operator==(const Origin&, const Origin&) = default;
};

// A port, or a VLAN of a port.
struct DesiredInterface {
  Origin origin;
  std::string name;
  PortIndex port = 0;
  std::uint16_t vlan = 0;  // 0: untagged
  std::string table = "main";
  std::optional<MacAddress> mac;  // as configured; the device's own comes in by NodeFacts
  std::uint16_t mtu = 1500;
  bool trusted = true;
  std::vector<IpPrefix> addresses;
  std::vector<IpPrefix> allowed_sids;
  std::optional<Interface::RouterAdvertisement> router_advertisement;

  friend bool operator==(const DesiredInterface&, const DesiredInterface&) = default;
};

struct DesiredTable {
  Origin origin;
  std::string name;
  std::string exception;  // interface; empty: none

  friend bool operator==(const DesiredTable&, const DesiredTable&) = default;
};

// A way out. Exactly one of both may be missing: a next hop alone is found in the connected
// subnets; an interface alone means that the destination itself is on the link.
struct DesiredNextHop {
  Origin origin;
  std::optional<IpAddress> address;
  std::string interface;
  std::uint32_t weight = 1;

  friend bool operator==(const DesiredNextHop&, const DesiredNextHop&) = default;
};

enum class RouteType : std::uint8_t { kForward, kBlackhole, kUnreachable, kPunt };

struct DesiredRoute {
  Origin origin;
  std::string table = "main";
  IpPrefix prefix;
  RouteType type = RouteType::kForward;
  std::vector<DesiredNextHop> next_hops;  // kForward only

  friend bool operator==(const DesiredRoute&, const DesiredRoute&) = default;
};

struct DesiredNeighbor {
  Origin origin;
  std::string interface;
  IpAddress address;
  MacAddress mac;

  friend bool operator==(const DesiredNeighbor&, const DesiredNeighbor&) = default;
};

// What may be set for the outer header, for the node and again for one policy.
struct DesiredEncapsulation {
  Origin origin;
  std::optional<Ipv6Address> source;
  std::optional<std::uint8_t> hop_limit;
  // Unset: not said. kCopyTrafficClass: copied from the inner packet. Else 0 to 255.
  std::optional<std::uint16_t> traffic_class;
  std::optional<std::uint32_t> hmac_key;

  friend bool operator==(const DesiredEncapsulation&, const DesiredEncapsulation&) = default;
};
inline constexpr std::uint16_t kCopyTrafficClass = 0xffff;

struct DesiredLocalSid {
  Origin origin;
  IpPrefix sid;  // IPv6; shorter than 128 for LOC:FUNCT with a free argument, and for NEXT-CSID
  std::string table = "main";
  Behavior behavior = Behavior::kEnd;
  Flavors flavors = 0;
  CsidStructure csid;
  bool hmac_required = false;

  // Arguments; which of them count follows from the behavior.
  std::vector<DesiredNextHop> next_hops;  // kAdjacency; kProxy: at most one, with an address only
  std::string interface;                  // kInterface, kProxy
  std::string lookup_table;               // kTable; empty: main
  std::string vlan_table;                 // kVlanTable
  std::string bridge;                     // kBridge
  std::string policy;                     // kPolicy
  InnerType inner = InnerType::kIpv6;     // kProxy
  std::string return_interface;           // kProxy; empty: interface
  std::optional<Ipv6Address> source;      // End.AS
  std::vector<Ipv6Address> segments;      // End.AS, in travel order
  std::optional<std::uint8_t> segments_done;  // End.AS; unset: behind this SID's place in segments

  friend bool operator==(const DesiredLocalSid&, const DesiredLocalSid&) = default;
};

struct DesiredVlanTable {
  struct Entry {
    Origin origin;
    std::uint16_t vlan = 0;
    std::string interface;
  };
  Origin origin;
  std::string name;
  std::vector<Entry> entries;
};

struct DesiredBridge {
  // Exactly one of interface and policy.
  struct Mac {
    Origin origin;
    MacAddress mac;
    std::string interface;
    std::string policy;

    friend bool operator==(const Mac&, const Mac&) = default;
  };
  Origin origin;
  std::string name;
  std::vector<std::string> members;
  std::vector<std::string> remotes;  // policies
  std::vector<Mac> macs;
  bool learning = true;

  friend bool operator==(const DesiredBridge&, const DesiredBridge&) = default;
};

struct WeightedSegmentList {
  Origin origin;
  std::uint32_t weight = 1;
  // Of a sticky policy: keeps the flows that it has and gets no new ones. When all valid lists of
  // the path drain, they are used as if they did not.
  bool draining = false;
  std::vector<Ipv6Address> segments;  // in travel order

  friend bool operator==(const WeightedSegmentList&, const WeightedSegmentList&) = default;
};

// RFC 9256 section 2.4: identified by protocol origin, originator and discriminator.
struct CandidatePath {
  Origin origin;
  std::string name;
  std::uint32_t preference = 100;
  std::uint8_t protocol_origin = 30;  // section 2.3: 10 PCEP, 20 BGP SR Policy, 30 configuration
  std::uint32_t originator_asn = 0;   // section 2.4
  IpAddress originator_node = Ipv4Address{};
  std::uint32_t discriminator = 0;
  std::vector<WeightedSegmentList> segment_lists;

  friend bool operator==(const CandidatePath&, const CandidatePath&) = default;
};

struct SrPolicy {
  Origin origin;
  std::string name;
  std::optional<Ipv6Address> binding_sid;
  std::optional<Behavior> binding_sid_behavior;  // unset: follows from the headend
  std::uint32_t color = 0;
  std::optional<IpAddress> policy_endpoint;
  Headend headend = Headend::kHEncaps;  // kHEncaps, kHEncapsRed or kHInsert
  DesiredEncapsulation encapsulation;   // overrides the node's
  std::string table = "main";           // egress table; the binding SID is installed there, too
  bool spray = false;
  bool drop_upon_invalid = false;  // RFC 9256 section 8.2
  // An established flow stays on its list when others come and go; not with spray.
  bool sticky = false;
  // Sticky only: seconds for which new flows of a client to one destination follow its last one;
  // 0: no affinity.
  std::uint32_t affinity_timeout_s = 0;
  std::uint16_t path_mtu = 0;
  std::vector<CandidatePath> candidate_paths;

  friend bool operator==(const SrPolicy&, const SrPolicy&) = default;
};

// RFC 9256 section 8: which traffic enters a policy. Exactly one of prefix, interface and
// destination is what it matches.
struct SteeringRule {
  enum class Match : std::uint8_t { kPrefix, kInterface, kPort };

  Origin origin;
  Match match = Match::kPrefix;
  std::string table = "main";  // kPrefix, kPort
  IpPrefix prefix;             // kPrefix; kPort: the destination as a host prefix
  std::string interface;       // kInterface
  std::uint8_t protocol = 0;   // kPort
  std::uint16_t port = 0;      // kPort
  std::string policy;

  friend bool operator==(const SteeringRule&, const SteeringRule&) = default;
};

// Destination translation at the node of a service backend: what leaves by interface for address
// and port goes to target and target_port, and the answers come back from address and port. Several
// may lead to one target; an interface has at most one for an address, protocol and port.
struct DesiredTranslation {
  Origin origin;
  std::string interface;          // of the backend: the pod's, or the one to the host
  IpAddress address;              // virtual IP of the service
  std::uint8_t protocol = 0;      // TCP, UDP or SCTP
  std::uint16_t port = 0;         // of the service; not 0
  IpAddress target;               // of the backend, of the same family as address
  std::uint16_t target_port = 0;  // not 0
  bool draining = false;          // connections that there are go on; no new ones

  friend bool operator==(const DesiredTranslation&, const DesiredTranslation&) = default;
};

struct DesiredHmacKey {
  Origin origin;
  std::uint32_t id = 0;
  std::vector<std::uint8_t> secret;
};

// The edge of the SR domain (RFC 8754 section 5.1).
struct DesiredDomain {
  Origin origin;
  std::vector<IpPrefix> sid_space;
  std::vector<IpPrefix> sources;
  std::vector<DesiredHmacKey> hmac_keys;  // two of one id: the first signs, both verify
};

// Everything that compile() needs from the operator. The order of objects does not matter, but for
// the ports behind the interfaces and for two HMAC keys of one id.
struct DesiredState {
  std::string node_name;
  std::vector<DesiredInterface> interfaces;
  std::vector<DesiredTable> tables;  // "main" exists without being listed
  std::vector<DesiredRoute> routes;
  std::vector<DesiredNeighbor> neighbors;
  DesiredEncapsulation encapsulation;
  std::vector<DesiredLocalSid> local_sids;
  std::vector<DesiredVlanTable> vlan_tables;
  std::vector<DesiredBridge> bridges;
  std::vector<SrPolicy> policies;
  std::vector<SteeringRule> steering;
  std::vector<DesiredTranslation> translations;
  DesiredDomain domain;
  std::uint32_t icmp_errors_per_second = 1000;
  std::uint32_t icmp_error_burst = 50;
};

}  // namespace sextant
