// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// TablesBuilder: ForwardingTables written in code, with the references that compile() would
// resolve.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <sextant/srv6/srh.hpp>
#include <sextant/tables/forwarding_tables.hpp>

#include "support/packet_builder.hpp"

namespace sextant::test {

// Our MAC address on port n, and that of the only neighbor behind it.
inline MacAddress port_mac(PortIndex n) {
  return {{0x02, 0xfe, 0, 0, static_cast<std::uint8_t>(n >> 8), static_cast<std::uint8_t>(n)}};
}
inline MacAddress peer_mac(PortIndex n) {
  return {{0x02, 0xaa, 0, 0, static_cast<std::uint8_t>(n >> 8), static_cast<std::uint8_t>(n)}};
}

struct SidOptions {
  SidArgs args;
  Flavors flavors = 0;
  CsidStructure csid;
  std::uint8_t prefix_len = 128;
  TableId table = 0;
  bool hmac_required = false;
};

struct ListOptions {
  Headend headend = Headend::kHEncaps;
  V6 source = "a0::1";
  std::uint8_t hop_limit = 64;
  std::optional<std::uint8_t> traffic_class;
  std::uint32_t hmac_key_id = 0;
  // Unset: found by longest prefix in egress_table when the tables are taken.
  std::optional<LookupResult> first_hop;
  TableId egress_table = 0;
  std::uint16_t path_mtu = 0;
  std::uint8_t segments_done = 0;
};

struct PolicyOptions {
  bool valid = true;
  bool spray = false;
  bool sticky = false;
  std::uint32_t affinity_timeout_s = 0;
  TableId egress_table = 0;
  std::vector<std::uint16_t> slots;  // empty: the lists in turn, as often each
};

// Ids are given in order from 0, per kind. References returned by the accessors hold until the next
// object of the same kind is added.
class TablesBuilder {
 public:
  // A routed interface "pg<port>" with MAC port_mac(port): own addresses become local, their
  // subnets connected (glean).
  InterfaceId port(PortIndex port, const std::vector<Prefix>& addresses = {}, TableId table = 0);
  // A VLAN of a port: "pg<port>.<vlan>".
  InterfaceId subinterface(PortIndex port, std::uint16_t vlan,
                           const std::vector<Prefix>& addresses = {}, TableId table = 0);
  Interface& interface(InterfaceId id) { return tables_.interfaces.at(id); }
  void table(TableId id, InterfaceId exception = kNoInterface);

  // A resolved adjacency; the same one for the same arguments. mac unset: peer_mac of the port.
  LookupResult via(InterfaceId interface, const std::string& next_hop,
                   std::optional<MacAddress> mac = std::nullopt);
  LookupResult unresolved_via(InterfaceId interface, const std::string& next_hop);
  LookupResult ecmp(std::vector<LookupResult> slots);
  void route(const Prefix& prefix, LookupResult result, TableId table = 0);

  // Installs the SID in the FIB too.
  LocalSidId local_sid(const V6& sid, Behavior behavior, const SidOptions& options = {});
  SegmentListId segment_list(const std::vector<V6>& segments, const ListOptions& options = {});
  PolicyId policy(std::vector<SegmentListId> lists, const PolicyOptions& options = {});
  // A steering rule and the result that leads into it.
  LookupResult steering(PolicyId policy);
  SteeringId steer(const Prefix& prefix, PolicyId policy, TableId table = 0);
  // Every frame of the interface, by H.Encaps.L2.
  SteeringId steer_interface(InterfaceId interface, PolicyId policy);
  LookupResult port_steering(std::vector<PortSteering::Rule> rules, LookupResult otherwise);
  VlanTableId vlan_table(std::vector<VlanTable::Entry> entries);
  // Makes the members bridged interfaces.
  BridgeId bridge(std::vector<InterfaceId> members, std::vector<SteeringId> remotes = {},
                  std::vector<Bridge::Mac> macs = {}, bool learning = true);

  // What leaves by an interface for an address; compile() adds rules for the targets themselves.
  TranslationId translation(InterfaceId interface, const std::string& address,
                            std::vector<Translation::Rule> rules);

  NodeSettings& settings() { return tables_.settings; }
  // For what the functions above do not do; order does not matter, take() sorts.
  ForwardingTables& tables() { return tables_; }

  // The finished value: sorted, first hops resolved. May be called again after more changes.
  [[nodiscard]] ForwardingTables take() const;

 private:
  void resolve_first_hops(ForwardingTables& out) const;
  LookupResult adjacency(InterfaceId interface, const std::string& next_hop, bool resolved,
                         MacAddress mac);

  ForwardingTables tables_;
  std::map<std::pair<TableId, IpPrefix>, std::size_t> fib_index_;
  std::map<SegmentListId, TableId> unresolved_lists_;
};

}  // namespace sextant::test
