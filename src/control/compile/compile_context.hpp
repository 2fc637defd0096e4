// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// CompileContext: what the steps of compile() share: names, ids, objects made so far, findings.
#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "control/compile/compile.hpp"
#include "control/compile/id_map.hpp"
#include "control/compile/rib.hpp"
#include "control/model/desired_state.hpp"

namespace sextant {

// A next hop as a lookup result, with a name that does not depend on ids.
struct ResolvedHop {
  LookupResult result;
  std::string key;
};

struct CompileContext {
  const DesiredState& state;
  const NodeFacts& facts;
  IdAllocator ids;
  Diagnostics diagnostics;

  // Names that references may use.
  std::map<std::string, TableId, std::less<>> tables;
  std::map<std::string, InterfaceId, std::less<>> interface_ids;
  std::map<std::string, BridgeId, std::less<>> bridge_ids;
  std::map<std::string, VlanTableId, std::less<>> vlan_table_ids;
  std::map<std::string, const SrPolicy*, std::less<>> policies;

  // Objects made so far, by id.
  std::map<InterfaceId, Interface> interfaces;
  std::map<AdjacencyId, Adjacency> adjacencies;
  std::map<EcmpGroupId, EcmpGroup> ecmp_groups;
  std::map<LocalSidId, LocalSid> local_sids;
  std::map<SegmentListId, SegmentList> segment_lists;
  std::map<PolicyId, Policy> compiled_policies;
  std::map<SteeringId, Steering> steerings;
  std::map<PortSteeringId, PortSteering> port_steerings;
  std::map<VlanTableId, VlanTable> vlan_tables;
  std::map<BridgeId, Bridge> bridges;

  std::map<std::pair<InterfaceId, IpAddress>, MacAddress> static_neighbors;
  Rib connected;  // subnets of interfaces only
  Rib base;       // everything but what policies bring: routes, own addresses, SIDs
  Rib overlay;    // steered prefixes and binding SIDs
  Rib final_fib;

  // Which policy an overlay entry leads to.
  std::map<SteeringId, std::string> policy_of_steering;
  std::map<LocalSidId, std::string> policy_of_sid;
  // Policies that frames enter: kept while invalid, because a frame has no other way to go.
  std::set<std::string> layer2_policies;
  // Rank of each valid policy: in which round it became valid.
  std::map<std::string, int, std::less<>> policy_rank;
  std::vector<PolicyStatus> policy_status;

  CompileContext(const DesiredState& desired, const NodeFacts& node, const IdMap& previous)
      : state(desired), facts(node), ids(previous) {}

  void error(const Origin& origin, std::string_view key, std::string text) {
    diagnostics.error(origin.where_of(key), origin.path_of(key), std::move(text));
  }
  void warning(const Origin& origin, std::string_view key, std::string text) {
    diagnostics.warning(origin.where_of(key), origin.path_of(key), std::move(text));
  }

  // References by name; a finding when nothing has that name.
  std::optional<TableId> table(const Origin& origin, std::string_view key, const std::string& name);
  Interface* interface(const Origin& origin, std::string_view key, const std::string& name);
  const SrPolicy* policy(const Origin& origin, std::string_view key, const std::string& name);
  void no_such(const Origin& origin, std::string_view key, std::string_view what,
               const std::string& name, const std::vector<std::string_view>& known);
  [[nodiscard]] const std::string& table_name(TableId id) const;

  // The adjacency of an address on an interface; made when it is new.
  AdjacencyId adjacency(InterfaceId interface, const IpAddress& next_hop);
  // A next hop whose interface may have to be found in the subnets of table.
  std::optional<ResolvedHop> next_hop(TableId table, const DesiredNextHop& hop);
  // One way out, or a group of weighted ones.
  std::optional<LookupResult> next_hops(TableId table, const std::vector<DesiredNextHop>& hops);
};

// "in line 7", or where else an object was written.
[[nodiscard]] std::string place_of(const Origin& origin);

// Pointers to the objects that could be understood, in an order that does not depend on how they
// were written, but for equal ones, which stay in that order so that the second is the duplicate.
template <typename T, typename Key>
std::vector<const T*> sorted_by(const std::vector<T>& objects, Key key) {
  std::vector<const T*> out;
  out.reserve(objects.size());
  for (const T& object : objects) {
    if (!object.origin.broken) out.push_back(&object);
  }
  std::stable_sort(out.begin(), out.end(),
                   [&](const T* a, const T* b) { return key(*a) < key(*b); });
  return out;
}

template <typename Map>
std::vector<std::string_view> names_of(const Map& map) {
  std::vector<std::string_view> out;
  for (const auto& [name, value] : map)
    out.push_back(name);
  return out;
}

// The steps, in the order in which compile() takes them.
void compile_names(CompileContext& context);                             // interfaces.cpp
void compile_interfaces(CompileContext& context);                        // interfaces.cpp
void compile_settings(CompileContext& context, NodeSettings& settings);  // compile.cpp
void compile_routes(CompileContext& context);                            // routes.cpp
void compile_local_sids(CompileContext& context);                        // local_sids.cpp
void compile_steering(CompileContext& context);                          // steering.cpp
void compile_bridges(CompileContext& context);                           // bridges.cpp
void compile_policies(CompileContext& context);                          // sr_policies.cpp
void compile_fib(CompileContext& context);                               // steering.cpp
// End.AS pushes a list of its own; needs the complete FIB.
void compile_static_lists(CompileContext& context);  // local_sids.cpp

// sr_policies.cpp. The outer header of a policy or proxy; reports when no source can be found.
OuterHeader outer_header(CompileContext& context, const Origin& origin,
                         const DesiredEncapsulation& own, Headend headend);
// Where a packet to segment goes, with whatever policies are valid. Text when it goes nowhere.
struct FirstHop {
  std::optional<LookupResult> result;
  std::string reason;
};
FirstHop resolve_segment(CompileContext& context, TableId table, const Ipv6Address& segment);

}  // namespace sextant
