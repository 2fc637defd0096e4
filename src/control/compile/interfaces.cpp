// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Names and ids of tables, interfaces, bridges and VLAN tables; what each interface is used for.
#include <string>
#include <utility>

#include "control/compile/compile_context.hpp"

namespace sextant {

namespace {

constexpr std::uint32_t kMaxTables = 4096;
constexpr std::uint32_t kMaxInterfaces = 8192;

// Reports each name that stands twice and returns the names with their first object.
template <typename T>
std::map<std::string, const T*> unique_names(CompileContext& context, const std::vector<T>& objects,
                                             std::string_view what) {
  std::map<std::string, const T*> out;
  for (const T& object : objects) {
    if (object.name.empty()) continue;  // reported by whoever read it
    const auto [first, fresh] = out.emplace(object.name, &object);
    if (!fresh) {
      context.error(object.origin, "name",
                    "a " + std::string(what) + " with the name \"" + object.name + "\" stands " +
                        place_of(first->second->origin) + " already");
    }
  }
  return out;
}

void name_tables(CompileContext& context) {
  context.tables["main"] = static_cast<TableId>(context.ids.id(IdKind::kTable, "main"));
  for (const auto& [name, table] : unique_names(context, context.state.tables, "table")) {
    const std::uint32_t id = context.ids.id(IdKind::kTable, name);
    if (id >= kMaxTables) {
      context.error(table->origin, "", "more than " + std::to_string(kMaxTables) + " tables");
      continue;
    }
    context.tables[name] = static_cast<TableId>(id);
  }
}

MacAddress mac_of(const CompileContext& context, const DesiredInterface& interface) {
  const std::vector<MacAddress>& macs = context.facts.port_macs;
  if (interface.port < macs.size() && !macs[interface.port].is_zero()) return macs[interface.port];
  return interface.mac.value_or(default_port_mac(interface.port));
}

void make_interface(CompileContext& context, const DesiredInterface& desired) {
  const std::uint32_t id = context.ids.id(IdKind::kInterface, desired.name);
  if (id >= kMaxInterfaces) {
    context.error(desired.origin, "",
                  "more than " + std::to_string(kMaxInterfaces) + " interfaces");
    return;
  }
  Interface out;
  out.id = static_cast<InterfaceId>(id);
  out.name = desired.name;
  out.port = desired.port;
  out.vlan = desired.vlan;
  out.mac = mac_of(context, desired);
  const std::vector<MacAddress>& kernel_macs = context.facts.kernel_macs;
  if (desired.port < kernel_macs.size()) out.kernel_mac = kernel_macs[desired.port];
  out.mtu = desired.mtu;
  out.trusted = desired.trusted;
  out.addresses = desired.addresses;
  out.allowed_sids = desired.allowed_sids;
  std::sort(out.allowed_sids.begin(), out.allowed_sids.end());
  out.router_advertisement = desired.router_advertisement;
  if (const auto table = context.table(desired.origin, "table", desired.table)) out.table = *table;
  context.interface_ids[desired.name] = out.id;
  context.interfaces.emplace(out.id, std::move(out));
}

// RFC 4291 section 2.1: every interface has at least one link-local address.
void add_link_local(Interface& interface) {
  const bool has_one = std::any_of(
      interface.addresses.begin(), interface.addresses.end(),
      [](const IpPrefix& p) { return p.address.is_v6() && p.address.v6.is_link_local(); });
  if (!has_one) interface.addresses.push_back({IpAddress(link_local_address(interface.mac)), 64});
}

// Where the own address of an interface stands that has no other one.
Rib::Key link_local_key(const Interface& interface) {
  return {interface.table, {interface.addresses.front().address, 128}};
}

// Sets a role that takes all frames of an interface; only one thing can.
void take_frames(CompileContext& context, const Origin& origin, std::string_view key,
                 const std::string& name, InterfaceRole role) {
  Interface* interface = context.interface(origin, key, name);
  if (interface == nullptr) return;
  if (interface->role != InterfaceRole::kRouted) {
    constexpr std::string_view kUses[] = {"routing", "L2 steering", "a bridge",
                                          "an Ethernet service function", "a pseudowire"};
    context.error(origin, key,
                  "the frames of " + name + " go to " +
                      std::string(kUses[static_cast<std::size_t>(interface->role)]) + " already");
    return;
  }
  interface->role = role;
}

const std::string& return_side(const DesiredLocalSid& sid) {
  return sid.return_interface.empty() ? sid.interface : sid.return_interface;
}

bool is_ethernet_proxy(const DesiredLocalSid& sid) {
  return spec_of(sid.behavior).argument == ArgumentKind::kProxy &&
         sid.inner == InnerType::kEthernet;
}

// Interfaces that IP packets leave or enter by, beyond their addresses.
std::set<std::string> routed_interfaces(const DesiredState& state) {
  std::set<std::string> out;
  for (const DesiredTable& table : state.tables)
    out.insert(table.exception);
  for (const DesiredRoute& route : state.routes) {
    for (const DesiredNextHop& hop : route.next_hops)
      out.insert(hop.interface);
  }
  for (const DesiredNeighbor& neighbor : state.neighbors)
    out.insert(neighbor.interface);
  for (const DesiredTranslation& translation : state.translations)
    out.insert(translation.interface);
  for (const DesiredLocalSid& sid : state.local_sids) {
    const ArgumentKind argument = spec_of(sid.behavior).argument;
    if (argument == ArgumentKind::kAdjacency) {
      for (const DesiredNextHop& hop : sid.next_hops)
        out.insert(hop.interface);
      out.insert(sid.interface);
    } else if (argument == ArgumentKind::kProxy && !is_ethernet_proxy(sid)) {
      out.insert(sid.interface);
      out.insert(sid.return_interface);
    }
  }
  return out;
}

// Far sides of End.DX2 and End.DX2V, when they are nothing else.
void set_l2_only(CompileContext& context) {
  const std::set<std::string> routed = routed_interfaces(context.state);
  const auto mark = [&](const std::string& name) {
    context.l2_candidates.insert(name);
    const auto id = context.interface_ids.find(name);
    if (id == context.interface_ids.end() || routed.contains(name)) return;
    Interface& interface = context.interfaces.at(id->second);
    if (interface.role == InterfaceRole::kRouted && interface.addresses.empty()) {
      interface.role = InterfaceRole::kL2Only;
    }
  };
  for (const DesiredLocalSid& sid : context.state.local_sids) {
    const ArgumentKind argument = spec_of(sid.behavior).argument;
    if (argument == ArgumentKind::kInterface || is_ethernet_proxy(sid)) mark(sid.interface);
  }
  for (const DesiredVlanTable& table : context.state.vlan_tables) {
    for (const DesiredVlanTable::Entry& entry : table.entries)
      mark(entry.interface);
  }
}

void set_roles(CompileContext& context) {
  for (const SteeringRule& rule : context.state.steering) {
    if (rule.origin.broken || rule.match != SteeringRule::Match::kInterface) continue;
    take_frames(context, rule.origin, "interface", rule.interface, InterfaceRole::kL2Steered);
  }
  for (const DesiredBridge& bridge : context.state.bridges) {
    if (bridge.origin.broken) continue;
    for (std::size_t i = 0; i < bridge.members.size(); ++i) {
      take_frames(context, bridge.origin, "members[" + std::to_string(i) + "]", bridge.members[i],
                  InterfaceRole::kBridged);
    }
  }
  // What End.AD took off a frame is found by its flow: several SIDs can share a function.
  std::map<std::string, Behavior> proxies;
  for (const DesiredLocalSid& sid : context.state.local_sids) {
    if (sid.origin.broken || !is_ethernet_proxy(sid) || return_side(sid).empty()) continue;
    const auto [first, fresh] = proxies.emplace(return_side(sid), sid.behavior);
    if (!fresh && first->second == Behavior::kEndAd && sid.behavior == Behavior::kEndAd) continue;
    const bool own = !sid.return_interface.empty();
    take_frames(context, sid.origin, own ? "return_interface" : "interface", return_side(sid),
                InterfaceRole::kL2Proxy);
  }
  set_l2_only(context);
}

}  // namespace

void compile_names(CompileContext& context) {
  name_tables(context);
  for (const auto& [name, interface] :
       unique_names(context, context.state.interfaces, "port or interface")) {
    make_interface(context, *interface);
  }
  for (const auto& [name, table] : unique_names(context, context.state.vlan_tables, "VLAN table")) {
    context.vlan_table_ids[name] = context.ids.id(IdKind::kVlanTable, name);
  }
  for (const auto& [name, bridge] : unique_names(context, context.state.bridges, "bridge")) {
    context.bridge_ids[name] = context.ids.id(IdKind::kBridge, name);
  }
  for (const auto& [name, policy] : unique_names(context, context.state.policies, "policy")) {
    context.policies[name] = {context.ids.id(IdKind::kPolicy, name), policy};
  }
}

bool add_plain_interface(CompileContext& context, const DesiredInterface& desired) {
  const std::uint32_t id = context.ids.id(IdKind::kInterface, desired.name);
  context.keep(context.interface_ids, desired.name);
  context.keep(context.interfaces, static_cast<InterfaceId>(id));
  make_interface(context, desired);
  const auto made = context.interfaces.find(static_cast<InterfaceId>(id));
  if (made == context.interfaces.end()) return false;
  add_link_local(made->second);
  const Rib::Key own = link_local_key(made->second);
  if (context.base.get(own, RouteSource::kOwnAddress)) return false;
  context.set_base(own, RouteSource::kOwnAddress,
                   LookupResult(LookupResult::Kind::kLocalAddress, id));
  context.change->interfaces.push_back(made->first);
  return true;
}

bool withdraw_plain_interface(CompileContext& context, const std::string& name) {
  const Interface& interface = context.interfaces.at(context.interface_ids.at(name));
  const Rib::Key own = link_local_key(interface);
  const auto there = context.base.get(own, RouteSource::kOwnAddress);
  if (!there || there->index() != interface.id) return false;
  context.set_base(own, RouteSource::kOwnAddress, std::nullopt);
  context.change->interfaces.push_back(interface.id);
  return true;
}

void compile_interfaces(CompileContext& context) {
  set_roles(context);
  for (const DesiredInterface& desired : context.state.interfaces) {
    const auto id = context.interface_ids.find(desired.name);
    if (id == context.interface_ids.end()) continue;
    Interface& interface = context.interfaces.at(id->second);
    if (interface.role != InterfaceRole::kRouted) {
      if (!interface.addresses.empty()) {
        context.warning(desired.origin, "addresses",
                        "not used: all frames of this interface go elsewhere");
      }
      interface.addresses.clear();
      interface.router_advertisement.reset();
      continue;
    }
    add_link_local(interface);
  }
}

}  // namespace sextant
