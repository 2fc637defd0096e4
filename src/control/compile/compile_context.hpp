// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// CompileContext: what the steps of compile() share: names, ids, objects made so far, findings.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include "control/compile/compile.hpp"
#include "control/compile/id_map.hpp"
#include "control/compile/rib.hpp"
#include "control/model/desired_state.hpp"

namespace sextant {

// A next hop found: where it leads, and what it is made of.
struct ResolvedHop {
  LookupResult result;
  InterfaceId interface = kNoInterface;
  std::optional<IpAddress> address;  // none: the destination itself is on the link
};

// One thing that leads into a policy: a SID bound to it, or a steering rule.
struct PolicyWay {
  enum class Kind : std::uint8_t { kSid, kPrefix, kPort, kFrames };
  Kind kind = Kind::kSid;
  std::uint32_t id = kNoObject;  // LocalSidId or SteeringId
  Rib::Key key;                  // kSid, kPrefix, kPort: where it stands in the FIB
};

// What is known of a policy beside its own text, by PolicyId.
struct PolicyNode {
  const SrPolicy* desired = nullptr;
  int rank = 0;          // in which round it became valid; 0: it is not
  bool present = false;  // in the tables; the others leave their traffic to the plain routes
  bool layer2 = false;   // frames enter: kept while invalid, because a frame has no other way to go
  std::vector<PolicyId> edges;  // policies that its lists could lead into; sorted, never itself
  std::vector<PolicyWay> ways;
  // Adjacencies that only its lists ask for: first segments on the link.
  std::vector<std::pair<InterfaceId, IpAddress>> gleaned;
};

struct KnownPolicy {
  PolicyId id = kNoObject;
  const SrPolicy* desired = nullptr;
};

// A rule by protocol and port.
struct PortRule {
  std::uint8_t protocol = 0;
  std::uint16_t port = 0;
  SteeringId steering = kNoObject;
  PolicyId policy = kNoObject;
};

// What is known of one protocol and port of an address behind an interface.
struct TranslationCell {
  std::optional<Translation::Rule> rule;  // as desired
  std::uint32_t targeted = 0;             // how many rules lead here
};
using TranslationPlace = std::pair<InterfaceId, IpAddress>;
using TranslationCells = std::map<std::pair<std::uint8_t, std::uint16_t>, TranslationCell>;

// What a change on top of an earlier compile() has touched, and how to take it back.
struct ChangeLog {
  std::vector<std::function<void()>> undo;  // last one first
  std::vector<InterfaceId> interfaces;
  std::vector<std::pair<InterfaceId, IpAddress>> adjacencies;
  std::vector<std::pair<EcmpGroupId, std::string>> ecmp_groups;  // with their keys
  std::vector<LocalSidId> local_sids;
  std::vector<SteeringId> steerings;
  std::vector<Rib::Key> base;                          // routes, addresses, SIDs
  std::vector<std::pair<Rib::Key, PolicyId>> overlay;  // steering and binding SIDs
  std::vector<Rib::Key> hosts;                         // port steering
  std::vector<TranslationPlace> translations;
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
  std::unordered_map<std::string, KnownPolicy> policies;

  // Objects made so far, by id. Of steerings and bound SIDs all, whether their policy is in the
  // tables or not.
  std::map<InterfaceId, Interface> interfaces;
  std::map<AdjacencyId, Adjacency> adjacencies;
  std::map<EcmpGroupId, EcmpGroup> ecmp_groups;
  std::unordered_map<LocalSidId, LocalSid> local_sids;
  std::unordered_map<LocalSidId, LocalSid> bound_sids;
  std::map<SegmentListId, SegmentList> segment_lists;
  std::map<PolicyId, Policy> compiled_policies;
  std::unordered_map<SteeringId, Steering> steerings;
  std::map<PortSteeringId, PortSteering> port_steerings;
  std::map<VlanTableId, VlanTable> vlan_tables;
  std::map<BridgeId, Bridge> bridges;

  std::map<std::pair<InterfaceId, IpAddress>, MacAddress> static_neighbors;
  Rib connected;  // subnets of interfaces only
  Rib base;       // everything but what policies bring: routes, own addresses, SIDs
  Rib overlay;    // steered prefixes and binding SIDs
  std::map<Rib::Key, std::vector<PortRule>> port_groups;  // rules sorted by protocol and port
  std::map<TranslationPlace, TranslationCells> translations;
  std::vector<FibEntry> final_fib;

  // How many routes, SIDs, neighbors and segment lists ask for an adjacency or group, by id.
  std::map<std::pair<InterfaceId, IpAddress>, AdjacencyId> adjacency_at;
  std::vector<std::uint32_t> adjacency_uses;
  std::vector<std::uint32_t> ecmp_uses;
  bool releasing = false;  // next hops are given back, not asked for

  // By PolicyId; and which policy an overlay entry leads to.
  std::vector<PolicyNode> nodes;
  std::vector<PolicyId> policy_of_steering;
  std::vector<PolicyId> policy_of_sid;
  std::vector<PolicyStatus> policy_status;

  // Interfaces that are the far side of a pseudowire as long as nothing routes over them.
  std::set<std::string, std::less<>> l2_candidates;

  ChangeLog* change = nullptr;  // set: this is a change, and can be taken back

  CompileContext(const DesiredState& desired, const NodeFacts& node, const IdMap& previous)
      : state(desired), facts(node), ids(previous) {}
  CompileContext(const CompileContext&) = delete;  // ids and pointers lead into other objects

  void error(const Origin& origin, std::string_view key, std::string text) {
    diagnostics.error(origin.where_of(key), origin.path_of(key), std::move(text));
  }
  void warning(const Origin& origin, std::string_view key, std::string text) {
    diagnostics.warning(origin.where_of(key), origin.path_of(key), std::move(text));
  }

  // References by name; a finding when nothing has that name.
  std::optional<TableId> table(const Origin& origin, std::string_view key, const std::string& name);
  Interface* interface(const Origin& origin, std::string_view key, const std::string& name);
  [[nodiscard]] const SrPolicy* desired_policy(PolicyId id) const {
    return id < nodes.size() ? nodes[id].desired : nullptr;
  }
  const KnownPolicy* policy(const Origin& origin, std::string_view key, const std::string& name);
  void no_such(const Origin& origin, std::string_view key, std::string_view what,
               const std::string& name, std::vector<std::string_view> known);
  [[nodiscard]] const std::string& table_name(TableId id) const;

  // The adjacency of an address on an interface; counts one more user, or one less when releasing.
  AdjacencyId adjacency(InterfaceId interface, const IpAddress& next_hop);
  [[nodiscard]] Adjacency make_adjacency(AdjacencyId id, InterfaceId interface,
                                         const IpAddress& next_hop) const;
  [[nodiscard]] std::string adjacency_key(InterfaceId interface, const IpAddress& next_hop) const;
  // A next hop whose interface may have to be found in the subnets of table.
  std::optional<ResolvedHop> next_hop(TableId table, const DesiredNextHop& hop);
  // One way out, or a group of weighted ones.
  std::optional<LookupResult> next_hops(TableId table, const std::vector<DesiredNextHop>& hops);

  // Whatever a change modifies goes through these, so that it can be taken back.
  void set_base(const Rib::Key& key, RouteSource source, std::optional<LookupResult> result);
  void set_overlay(const Rib::Key& key, RouteSource source, PolicyId policy,
                   std::optional<LookupResult> result);
  PolicyNode& node(PolicyId id);
  void bind(std::vector<PolicyId>& owners, std::uint32_t object, PolicyId policy);
  void count_use(std::vector<std::uint32_t>& uses, std::uint32_t id);
  // Before a cell of a map is written or erased.
  template <typename Map>
  void keep(Map& map, const typename Map::key_type& key) {
    if (change == nullptr) return;
    const auto at = map.find(key);
    if (at == map.end()) {
      change->undo.push_back([&map, key] { map.erase(key); });
    } else {
      change->undo.push_back([&map, key, old = at->second] { map.insert_or_assign(key, old); });
    }
  }
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
void compile_translations(CompileContext& context);                      // translations.cpp
void compile_policies(CompileContext& context);                          // sr_policies.cpp
void compile_fib(CompileContext& context);                               // steering.cpp
// End.AS pushes a list of its own; needs the complete FIB.
void compile_static_lists(CompileContext& context);  // static_lists.cpp
// All of them. The context still knows everything but the objects in the result.
CompileResult compile_steps(CompileContext& context);  // compile.cpp

// One object more or less: what the steps are made of, and what a change does alone. What is
// removed must have been added as it is given here. interfaces.cpp: routed interfaces without
// addresses of their own; false: this one is not so plain. One that is withdrawn keeps its name
// until the end of the change, since others that go refer to it.
[[nodiscard]] bool add_plain_interface(CompileContext& context, const DesiredInterface& desired);
[[nodiscard]] bool withdraw_plain_interface(CompileContext& context, const std::string& name);
// routes.cpp:
void add_neighbor(CompileContext& context, const DesiredNeighbor& neighbor);
void remove_neighbor(CompileContext& context, const DesiredNeighbor& neighbor);
void add_route(CompileContext& context, const DesiredRoute& route);
void remove_route(CompileContext& context, const DesiredRoute& route);
// local_sids.cpp:
using SeenSids = std::unordered_map<Rib::Key, const Origin*, Rib::KeyHash>;
[[nodiscard]] std::string sid_key(const DesiredLocalSid& sid);
[[nodiscard]] std::optional<DesiredLocalSid> binding_sid_of(const SrPolicy& policy);
void add_local_sid(CompileContext& context, const DesiredLocalSid& sid, SeenSids& seen);
void add_binding_sid(CompileContext& context, const DesiredLocalSid& sid, SeenSids& seen);
void remove_sid(CompileContext& context, const DesiredLocalSid& sid);
// steering.cpp:
void add_rule(CompileContext& context, const SteeringRule& rule);
void remove_rule(CompileContext& context, const SteeringRule& rule);
[[nodiscard]] std::string name_of(const SteeringRule& rule);
// What the FIB says of a prefix when port steering does not count.
std::optional<LookupResult> plain_result(const CompileContext& context, const Rib::Key& key);
// The object of a host with port steering; nothing when none of its rules can be followed.
std::optional<PortSteering> make_port_steering(CompileContext& context, const Rib::Key& host);
[[nodiscard]] std::string port_steering_key(const CompileContext& context, const Rib::Key& host);
// translations.cpp:
void add_translation(CompileContext& context, const DesiredTranslation& translation);
void remove_translation(CompileContext& context, const DesiredTranslation& translation);
// The object of an address behind an interface; nothing when no rule is left.
std::optional<Translation> make_translation(CompileContext& context, const TranslationPlace& place);
[[nodiscard]] std::string translation_key(const CompileContext& context,
                                          const TranslationPlace& place);
// sr_policies.cpp: the lists and the status, with the ranks as they are.
void check_policy(CompileContext& context, const SrPolicy& policy);
void add_policy(CompileContext& context, const class PolicyGraph& graph, const SrPolicy& policy);
[[nodiscard]] std::string segment_list_key(const std::string& policy,
                                           const std::vector<Ipv6Address>& segments);

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
