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
                             const std::string& name, const std::vector<std::string_view>& known) {
  constexpr std::size_t kShown = 8;
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

const SrPolicy* CompileContext::policy(const Origin& origin, std::string_view key,
                                       const std::string& name) {
  const auto at = policies.find(name);
  if (at != policies.end()) return at->second;
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

AdjacencyId CompileContext::adjacency(InterfaceId interface, const IpAddress& next_hop) {
  const std::string key = interfaces.at(interface).name + "|" + next_hop.to_string();
  const AdjacencyId id = ids.id(IdKind::kAdjacency, key);
  const auto [at, fresh] = adjacencies.try_emplace(id);
  if (!fresh) return id;
  Adjacency& adjacency = at->second;
  adjacency.id = id;
  adjacency.interface = interface;
  adjacency.next_hop = next_hop;
  if (const auto known = static_neighbors.find({interface, next_hop});
      known != static_neighbors.end()) {
    adjacency.mac = known->second;
    adjacency.resolved = true;
    adjacency.permanent = true;
  }
  return id;
}

std::optional<ResolvedHop> CompileContext::next_hop(TableId table, const DesiredNextHop& hop) {
  Interface* out = nullptr;
  if (!hop.interface.empty()) {
    out = interface(hop.origin, "interface", hop.interface);
    if (out == nullptr) return std::nullopt;
  }
  if (!hop.address) {
    if (out == nullptr) return std::nullopt;
    return ResolvedHop{LookupResult(LookupResult::Kind::kGlean, out->id), out->name};
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
                     out->name + "|" + address.to_string()};
}

std::optional<LookupResult> CompileContext::next_hops(TableId table,
                                                      const std::vector<DesiredNextHop>& hops) {
  if (hops.size() > kMaxHashMembers) {
    error(hops[0].origin, "next_hops",
          "more than " + std::to_string(kMaxHashMembers) + " next hops");
    return std::nullopt;
  }
  struct Member {
    ResolvedHop hop;
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
    if (!members.emplace(resolved->key, Member{*resolved, hop.weight}).second) {
      error(hop.origin, "next_hop", "the same next hop twice; add up the weights");
      fine = false;
    }
  }
  if (!fine || members.empty()) return std::nullopt;
  if (members.size() == 1) return members.begin()->second.hop.result;

  std::string key;
  std::vector<HashMember> weighted;
  std::vector<LookupResult> results;
  for (const auto& [name, member] : members) {
    key += name + "*" + std::to_string(member.weight) + ";";
    weighted.push_back({name, member.weight});
    results.push_back(member.hop.result);
  }
  const EcmpGroupId id = ids.id(IdKind::kEcmpGroup, key);
  const auto [at, fresh] = ecmp_groups.try_emplace(id);
  if (fresh) {
    at->second.id = id;
    for (const std::uint16_t member : fill_slots(weighted)) {
      at->second.slots.push_back(results[member]);
    }
  }
  return LookupResult(LookupResult::Kind::kEcmpGroup, id);
}

}  // namespace sextant
