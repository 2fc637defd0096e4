// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// CompileContext: references by name, adjacencies and weighted next hops.
#include "control/compile/compile_context.hpp"

#include "control/compile/consistent_hash.hpp"
#include "control/model/nearest_word.hpp"

namespace sextant {

std::string place_of(const Origin& origin) {
  if (origin.where.line > 0) return "in line " + std::to_string(origin.where.line);
  return origin.field.empty() ? "elsewhere" : "at " + origin.field;
}

void CompileContext::no_such(const Origin& origin, std::string_view key, std::string_view what,
                             const std::string& name, std::vector<std::string_view> known) {
  constexpr std::size_t kShown = 8;
  std::sort(known.begin(), known.end());
  std::string text = "no " + std::string(what) + " has the name \"" + name + "\"; ";
  const std::string_view meant = nearest_word(name, known);
  if (!meant.empty()) {
    text += "did you mean \"" + std::string(meant) + "\"?";
  } else if (known.empty()) {
    text += "there is none";
  } else {
    text += "known: ";
    for (std::size_t i = 0; i < known.size() && i < kShown; ++i) {
      text += (i == 0 ? "" : ", ") + std::string(known[i]);
    }
    if (known.size() > kShown) text += ", ...";
  }
  error(origin, key, text);
}

std::optional<TableId> CompileContext::table(const Origin& origin, std::string_view key,
                                             const std::string& name) {
  const auto at = tables.find(name);
  if (at != tables.end()) return at->second;
  no_such(origin, key, "table", name, names_of(tables));
  return std::nullopt;
}

Interface* CompileContext::interface(const Origin& origin, std::string_view key,
                                     const std::string& name) {
  const auto at = interface_ids.find(name);
  if (at != interface_ids.end()) return &interfaces.at(at->second);
  no_such(origin, key, "interface", name, names_of(interface_ids));
  return nullptr;
}

const KnownPolicy* CompileContext::policy(const Origin& origin, std::string_view key,
                                          const std::string& name) {
  const auto at = policies.find(name);
  if (at != policies.end()) return &at->second;
  no_such(origin, key, "policy", name, names_of(policies));
  return nullptr;
}

const std::string& CompileContext::table_name(TableId id) const {
  static const std::string kUnknown = "?";
  for (const auto& [name, known] : tables) {
    if (known == id) return name;
  }
  return kUnknown;
}

std::string CompileContext::adjacency_key(InterfaceId interface, const IpAddress& next_hop) const {
  return interfaces.at(interface).name + "|" + next_hop.to_string();
}

Adjacency CompileContext::make_adjacency(AdjacencyId id, InterfaceId interface,
                                         const IpAddress& next_hop) const {
  Adjacency out;
  out.id = id;
  out.interface = interface;
  out.next_hop = next_hop;
  if (const auto known = static_neighbors.find({interface, next_hop});
      known != static_neighbors.end()) {
    out.mac = known->second;
    out.resolved = true;
    out.permanent = true;
  }
  return out;
}

void CompileContext::count_use(std::vector<std::uint32_t>& uses, std::uint32_t id) {
  if (uses.size() <= id) uses.resize(id + 1);
  const std::uint32_t before = uses[id];
  if (change != nullptr) change->undo.push_back([&uses, id, before] { uses[id] = before; });
  uses[id] = releasing ? before - 1 : before + 1;
}

AdjacencyId CompileContext::adjacency(InterfaceId interface, const IpAddress& next_hop) {
  const std::pair<InterfaceId, IpAddress> where(interface, next_hop);
  auto at = adjacency_at.find(where);
  if (at == adjacency_at.end()) {
    keep(adjacency_at, where);
    const AdjacencyId id = ids.id(IdKind::kAdjacency, adjacency_key(interface, next_hop));
    at = adjacency_at.emplace(where, id).first;
    adjacencies.emplace(id, make_adjacency(id, interface, next_hop));
  }
  count_use(adjacency_uses, at->second);
  if (change != nullptr) change->adjacencies.push_back(where);
  return at->second;
}

void CompileContext::set_base(const Rib::Key& key, RouteSource source,
                              std::optional<LookupResult> result) {
  if (change != nullptr) {
    change->base.push_back(key);
    change->undo.push_back(
        [this, key, source, old = base.get(key, source)] { base.set(key, source, old); });
  }
  base.set(key, source, result);
}

void CompileContext::set_overlay(const Rib::Key& key, RouteSource source, PolicyId policy,
                                 std::optional<LookupResult> result) {
  if (change != nullptr) {
    change->overlay.emplace_back(key, policy);
    change->undo.push_back(
        [this, key, source, old = overlay.get(key, source)] { overlay.set(key, source, old); });
  }
  overlay.set(key, source, result);
}

PolicyNode& CompileContext::node(PolicyId id) {
  if (nodes.size() <= id) nodes.resize(id + 1);
  if (change != nullptr) {
    change->undo.push_back([this, id, old = nodes[id]] { nodes[id] = old; });
  }
  return nodes[id];
}

void CompileContext::bind(std::vector<PolicyId>& owners, std::uint32_t object, PolicyId policy) {
  if (owners.size() <= object) owners.resize(object + 1, kNoObject);
  if (change != nullptr) {
    change->undo.push_back([&owners, object, old = owners[object]] { owners[object] = old; });
  }
  owners[object] = policy;
}

std::optional<ResolvedHop> CompileContext::next_hop(TableId table, const DesiredNextHop& hop) {
  Interface* out = nullptr;
  if (!hop.interface.empty()) {
    out = interface(hop.origin, "interface", hop.interface);
    if (out == nullptr) return std::nullopt;
  }
  if (!hop.address) {
    if (out == nullptr) return std::nullopt;
    return ResolvedHop{LookupResult(LookupResult::Kind::kGlean, out->id), out->id, std::nullopt};
  }
  const IpAddress& address = *hop.address;
  if (address.is_v6() ? address.v6.is_multicast() || address.v6.is_unspecified()
                      : address.v4.is_multicast() || address.v4.is_unspecified()) {
    error(hop.origin, "next_hop", address.to_string() + " cannot be a next hop");
    return std::nullopt;
  }
  if (out == nullptr) {
    if (address.is_v6() && address.v6.is_link_local()) {
      error(hop.origin, "next_hop", "a link-local next hop needs an interface");
      return std::nullopt;
    }
    const auto found = connected.lookup(table, address);
    if (!found) {
      error(hop.origin, "next_hop",
            address.to_string() + " is in no connected subnet of table " + table_name(table) +
                "; give the interface, too");
      return std::nullopt;
    }
    out = &interfaces.at(static_cast<InterfaceId>(found->second.result.index()));
  }
  for (const IpPrefix& own : out->addresses) {
    if (own.address == address) {
      error(hop.origin, "next_hop",
            address.to_string() + " is an address of " + out->name +
                " itself; the next hop is the neighbor's");
      return std::nullopt;
    }
  }
  return ResolvedHop{LookupResult(LookupResult::Kind::kAdjacency, adjacency(out->id, address)),
                     out->id, address};
}

std::optional<LookupResult> CompileContext::next_hops(TableId table,
                                                      const std::vector<DesiredNextHop>& hops) {
  if (hops.size() > kMaxHashMembers) {
    error(hops[0].origin, "next_hops",
          "more than " + std::to_string(kMaxHashMembers) + " next hops");
    return std::nullopt;
  }
  if (hops.size() == 1 && !hops[0].origin.broken) {  // by far the most
    const auto single = next_hop(table, hops[0]);
    return single ? std::optional(single->result) : std::nullopt;
  }
  struct Member {
    LookupResult result;
    std::uint32_t weight;
  };
  std::map<std::string, Member> members;
  const auto order = [](const DesiredNextHop& hop) {
    return std::tie(hop.address, hop.interface, hop.weight);
  };
  const auto sorted = sorted_by(hops, order);
  bool fine = sorted.size() == hops.size();
  for (const DesiredNextHop* written : sorted) {
    const DesiredNextHop& hop = *written;
    const auto resolved = next_hop(table, hop);
    fine = fine && resolved;
    if (!resolved) continue;
    const std::string name = resolved->address
                                 ? adjacency_key(resolved->interface, *resolved->address)
                                 : interfaces.at(resolved->interface).name;
    if (!members.emplace(name, Member{resolved->result, hop.weight}).second) {
      error(hop.origin, "next_hop", "the same next hop twice; add up the weights");
      fine = false;
    }
  }
  if (!fine || members.empty()) return std::nullopt;

  std::string key;
  std::vector<HashMember> weighted;
  std::vector<LookupResult> results;
  for (const auto& [name, member] : members) {
    key += name + "*" + std::to_string(member.weight) + ";";
    weighted.push_back({name, member.weight});
    results.push_back(member.result);
  }
  const EcmpGroupId id = ids.id(IdKind::kEcmpGroup, key);
  count_use(ecmp_uses, id);
  if (change != nullptr) change->ecmp_groups.emplace_back(id, key);
  if (!releasing && ecmp_uses[id] == 1) {
    EcmpGroup group{.id = id};
    for (const std::uint16_t member : fill_slots(weighted))
      group.slots.push_back(results[member]);
    ecmp_groups.insert_or_assign(id, std::move(group));
  }
  return LookupResult(LookupResult::Kind::kEcmpGroup, id);
}

}  // namespace sextant
