// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Bridges (End.DT2U, End.DT2M) and VLAN tables (End.DX2V).
#include <string>
#include <utility>

#include "control/compile/compile_context.hpp"

namespace sextant {

namespace {

// Every policy that a bridge sends to is steered into by a rule of its own, so that it counts.
std::optional<SteeringId> remote_steering(CompileContext& context, const std::string& bridge,
                                          const Origin& origin, const std::string& key,
                                          const std::string& name) {
  const KnownPolicy* policy = context.policy(origin, key, name);
  if (policy == nullptr) return std::nullopt;
  if (policy->desired->headend == Headend::kHInsert) {
    context.error(origin, key, name + " has headend H.Insert, which cannot carry frames");
    return std::nullopt;
  }
  const std::string text = "bridge " + bridge + " to " + name;
  const SteeringId id = context.ids.id(IdKind::kSteering, text);
  context.steerings[id] = {id, policy->id, text};
  context.bind(context.policy_of_steering, id, policy->id);
  PolicyNode& node = context.node(policy->id);
  node.layer2 = true;
  node.ways.push_back({PolicyWay::Kind::kFrames, id, {}});
  return id;
}

void add_members(CompileContext& context, const DesiredBridge& bridge, Bridge& out) {
  std::set<std::string> seen;
  for (std::size_t i = 0; i < bridge.members.size(); ++i) {
    const std::string& name = bridge.members[i];
    const std::string key = "members[" + std::to_string(i) + "]";
    // Unknown interfaces and those with another use were reported when roles were set.
    const auto at = context.interface_ids.find(name);
    if (!seen.insert(name).second || at == context.interface_ids.end()) continue;
    Interface& member = context.interfaces.at(at->second);
    if (member.role != InterfaceRole::kBridged || member.role_index != kNoObject) continue;
    member.role_index = out.id;
    out.members.push_back(member.id);
  }
  std::sort(out.members.begin(), out.members.end());
}

void add_macs(CompileContext& context, const DesiredBridge& bridge, Bridge& out) {
  std::map<MacAddress, const DesiredBridge::Mac*> seen;
  const auto by_mac = [](const DesiredBridge::Mac& mac) { return mac.mac; };
  for (const DesiredBridge::Mac* written : sorted_by(bridge.macs, by_mac)) {
    const DesiredBridge::Mac& mac = *written;
    const auto [first, fresh] = seen.emplace(mac.mac, &mac);
    if (!fresh) {
      context.error(
          mac.origin, "mac",
          mac.mac.to_string() + " stands " + place_of(first->second->origin) + " already");
      continue;
    }
    Bridge::Mac made{.mac = mac.mac, .remote = !mac.policy.empty()};
    if (made.remote) {
      const auto steering = remote_steering(context, bridge.name, mac.origin, "policy", mac.policy);
      if (!steering) continue;
      made.target = *steering;
    } else {
      const Interface* interface = context.interface(mac.origin, "interface", mac.interface);
      if (interface == nullptr) continue;
      if (std::find(out.members.begin(), out.members.end(), interface->id) == out.members.end()) {
        context.error(mac.origin, "interface",
                      mac.interface + " is not a member of bridge " + bridge.name);
        continue;
      }
      made.target = interface->id;
    }
    out.macs.push_back(made);
  }
}

void add_bridge(CompileContext& context, const DesiredBridge& bridge) {
  const auto id = context.bridge_ids.find(bridge.name);
  if (id == context.bridge_ids.end() || context.bridges.contains(id->second)) return;
  Bridge out;
  out.id = id->second;
  out.name = bridge.name;
  out.learning = bridge.learning;
  add_members(context, bridge, out);
  std::set<std::string> seen;
  std::vector<std::pair<std::string, std::size_t>> remotes;
  for (std::size_t i = 0; i < bridge.remotes.size(); ++i)
    remotes.push_back({bridge.remotes[i], i});
  std::sort(remotes.begin(), remotes.end());
  for (const auto& [name, place] : remotes) {
    const std::string key = "remotes[" + std::to_string(place) + "]";
    if (!seen.insert(name).second) {
      context.error(bridge.origin, key, "the same policy twice");
      continue;
    }
    const auto steering = remote_steering(context, bridge.name, bridge.origin, key, name);
    if (steering) out.remotes.push_back(*steering);
  }
  std::sort(out.remotes.begin(), out.remotes.end());
  add_macs(context, bridge, out);
  context.bridges.emplace(out.id, std::move(out));
}

void add_vlan_table(CompileContext& context, const DesiredVlanTable& table) {
  const auto id = context.vlan_table_ids.find(table.name);
  if (id == context.vlan_table_ids.end() || context.vlan_tables.contains(id->second)) return;
  VlanTable out;
  out.id = id->second;
  out.name = table.name;
  std::map<std::uint16_t, const DesiredVlanTable::Entry*> seen;
  for (const DesiredVlanTable::Entry& entry : table.entries) {
    if (entry.origin.broken) continue;
    const auto [first, fresh] = seen.emplace(entry.vlan, &entry);
    if (!fresh) {
      context.error(entry.origin, "vlan",
                    "VLAN " + std::to_string(entry.vlan) + " stands " +
                        place_of(first->second->origin) + " already");
      continue;
    }
    const Interface* interface = context.interface(entry.origin, "interface", entry.interface);
    if (interface != nullptr) out.entries.push_back({entry.vlan, interface->id});
  }
  std::sort(out.entries.begin(), out.entries.end(),
            [](const VlanTable::Entry& a, const VlanTable::Entry& b) { return a.vlan < b.vlan; });
  context.vlan_tables.emplace(out.id, std::move(out));
}

}  // namespace

void compile_bridges(CompileContext& context) {
  const auto by_name = [](const auto& object) { return std::string_view(object.name); };
  for (const DesiredVlanTable* table : sorted_by(context.state.vlan_tables, by_name)) {
    add_vlan_table(context, *table);
  }
  for (const DesiredBridge* bridge : sorted_by(context.state.bridges, by_name)) {
    add_bridge(context, *bridge);
  }
}

}  // namespace sextant
