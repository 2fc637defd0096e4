// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Names for ids; an id without an object is shown as "#id".
#include "table_names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

namespace sextant {

namespace {

std::string unnamed(std::uint32_t id) {
  return fmt::format("#{}", id);
}

template <typename T>
std::string name_in(const std::vector<T>& objects, std::uint32_t id) {
  const T* const found = find_by_id(objects, id);
  return found == nullptr || found->name.empty() ? unnamed(id) : found->name;
}

std::string protocol_name(std::uint8_t protocol) {
  switch (protocol) {
    case 6: return "tcp";
    case 17: return "udp";
    case 132: return "sctp";
    default: return fmt::format("protocol {}", protocol);
  }
}

std::string_view name_of(InnerType type) {
  switch (type) {
    case InnerType::kIpv6: return "ipv6";
    case InnerType::kIpv4: return "ipv4";
    case InnerType::kEthernet: return "ethernet";
  }
  return "?";
}

}  // namespace

const FibEntry* find_fib_entry(const ForwardingTables& tables, TableId table,
                               const IpPrefix& prefix) {
  const std::pair key(table, prefix);
  const auto found = std::lower_bound(tables.fib.begin(), tables.fib.end(), key,
                                      [](const FibEntry& entry, const auto& wanted) {
                                        return std::pair(entry.table, entry.prefix) < wanted;
                                      });
  if (found == tables.fib.end() || found->table != table || found->prefix != prefix) return nullptr;
  return &*found;
}

std::string TableNames::table(TableId id) const {
  return name_in(tables_.tables, id);
}

std::string TableNames::interface(InterfaceId id) const {
  return id == kNoInterface ? "" : name_in(tables_.interfaces, id);
}

std::string TableNames::policy(PolicyId id) const {
  return name_in(tables_.policies, id);
}

std::string TableNames::adjacency(AdjacencyId id) const {
  const Adjacency* const found = find_by_id(tables_.adjacencies, id);
  // What ARP and ND found is no part of what was compiled.
  if (found == nullptr) return "learned neighbor";
  return fmt::format("{} via {}", interface(found->interface), found->next_hop.to_string());
}

std::string TableNames::ecmp(EcmpGroupId id) const {
  const EcmpGroup* const found = find_by_id(tables_.ecmp_groups, id);
  if (found == nullptr || found->slots.empty()) return unnamed(id);
  // Counted first, named then: a group has many more slots than members.
  std::map<std::uint32_t, std::size_t> slots_of;
  for (const LookupResult slot : found->slots)
    ++slots_of[slot.word()];
  std::map<std::string, std::size_t> shares;
  for (const auto& [word, slots] : slots_of) {
    const LookupResult slot = LookupResult::from_word(word);
    // A group of groups does not exist; bounded all the same.
    shares[slot.kind() == LookupResult::Kind::kEcmpGroup ? unnamed(slot.index()) : target(slot)] +=
        slots;
  }
  std::string out;
  for (const auto& [name, slots] : shares) {
    const double percent =
        100.0 * static_cast<double>(slots) / static_cast<double>(found->slots.size());
    out += fmt::format("{}{} ({:.0f} %)", out.empty() ? "" : ", ", name, percent);
  }
  return out;
}

std::string TableNames::port_steering(PortSteeringId id) const {
  const PortSteering* const found = find_by_id(tables_.port_steerings, id);
  if (found == nullptr) return unnamed(id);
  std::string out;
  for (const PortSteering::Rule& rule : found->rules) {
    out += fmt::format("{} {}: {} {}, ", protocol_name(rule.protocol), rule.port, kind(rule.result),
                       target(rule.result));
  }
  // Such tables do not nest; bounded all the same.
  const bool nested = found->otherwise.kind() == LookupResult::Kind::kPortSteering;
  return out + "else " +
         (nested ? unnamed(found->otherwise.index())
                 : kind(found->otherwise) + " " + target(found->otherwise));
}

std::string TableNames::kind(LookupResult result) const {
  using Kind = LookupResult::Kind;
  switch (result.kind()) {
    case Kind::kDrop:
      if (result.index() == static_cast<std::uint32_t>(DropReason::lookup_blackhole)) {
        return "blackhole";
      }
      return result.index() == static_cast<std::uint32_t>(DropReason::lookup_unreachable)
                 ? "unreachable"
                 : "drop";
    case Kind::kAdjacency: return "next hop";
    case Kind::kEcmpGroup: return "ecmp";
    case Kind::kLocalSid: return "local SID";
    case Kind::kPolicy: return "policy";
    case Kind::kLocalAddress: return "own address";
    case Kind::kGlean: return "connected";
    case Kind::kPortSteering: return "by port";
    case Kind::kPunt: return "punt";
  }
  return "?";
}

std::string TableNames::target(LookupResult result) const {
  using Kind = LookupResult::Kind;
  switch (result.kind()) {
    case Kind::kDrop:
      return result.index() < kDropReasonCount ? std::string(kDropReasons[result.index()].name)
                                               : unnamed(result.index());
    case Kind::kAdjacency: return adjacency(result.index());
    case Kind::kEcmpGroup: return ecmp(result.index());
    case Kind::kLocalSid: {
      const LocalSid* const sid = find_by_id(tables_.local_sids, result.index());
      return sid == nullptr ? unnamed(result.index()) : std::string(spec_of(sid->behavior).name);
    }
    case Kind::kPolicy: {
      const Steering* const steering = find_by_id(tables_.steerings, result.index());
      return steering == nullptr ? unnamed(result.index()) : policy(steering->policy);
    }
    case Kind::kLocalAddress:
    case Kind::kGlean: return interface(static_cast<InterfaceId>(result.index()));
    case Kind::kPortSteering: return port_steering(result.index());
    case Kind::kPunt: return "kernel";
  }
  return "?";
}

std::string TableNames::proxy(const SidArgs& args) const {
  std::string out = fmt::format("{} to ", name_of(args.inner));
  out += args.inner == InnerType::kEthernet ? interface(args.interface) : target(args.forward);
  if (args.return_interface != kNoInterface) out += ", back by " + interface(args.return_interface);
  return out;
}

TableNames::Egress TableNames::egress(const LocalSid& sid) const {
  const ArgumentKind kind = spec_of(sid.behavior).argument;
  if (kind == ArgumentKind::kInterface) return {interface(sid.args.interface), ""};
  if (kind != ArgumentKind::kAdjacency && kind != ArgumentKind::kProxy) return {};
  const LookupResult to = sid.args.forward;
  if (to.kind() == LookupResult::Kind::kAdjacency) {
    const Adjacency* const found = find_by_id(tables_.adjacencies, to.index());
    if (found != nullptr) return {interface(found->interface), found->next_hop.to_string()};
  }
  return {kind == ArgumentKind::kProxy ? interface(sid.args.interface) : "", ""};
}

std::string TableNames::arguments(const LocalSid& sid) const {
  const SidArgs& args = sid.args;
  switch (spec_of(sid.behavior).argument) {
    case ArgumentKind::kNone: return "";
    case ArgumentKind::kAdjacency: return target(args.forward);
    case ArgumentKind::kTable: return "table " + table(args.table);
    case ArgumentKind::kInterface: return interface(args.interface);
    case ArgumentKind::kVlanTable:
      return "VLAN table " + name_in(tables_.vlan_tables, args.vlan_table);
    case ArgumentKind::kBridge: return "bridge " + name_in(tables_.bridges, args.bridge);
    case ArgumentKind::kPolicy: return "policy " + policy(args.policy);
    case ArgumentKind::kProxy: return proxy(args);
  }
  return "";
}

}  // namespace sextant
