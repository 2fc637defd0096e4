// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Connected subnets, own addresses, static neighbors and static routes.
#include <string>
#include <utility>

#include "control/compile/compile_context.hpp"

namespace sextant {

namespace {

const IpPrefix kLinkLocal{[] {
                            Ipv6Address a;
                            a.bytes = {0xfe, 0x80};
                            return IpAddress(a);
                          }(),
                          10};

const DesiredInterface* desired_of(const CompileContext& context, const std::string& name) {
  for (const DesiredInterface& desired : context.state.interfaces) {
    if (desired.name == name) return &desired;
  }
  return nullptr;
}

// A subnet on two interfaces: destinations in it can be resolved on one only.
void add_subnet(CompileContext& context, const Interface& interface, const IpPrefix& subnet) {
  const LookupResult result(LookupResult::Kind::kGlean, interface.id);
  if (const Rib::Entry* other = context.connected.find(interface.table, subnet)) {
    const auto owner = static_cast<InterfaceId>(other->result.index());
    const DesiredInterface* desired = desired_of(context, interface.name);
    if (owner == interface.id || desired == nullptr) return;
    context.warning(desired->origin, "addresses",
                    "subnet " + subnet.to_string() + " is on " + context.interfaces.at(owner).name +
                        " as well, where its destinations are looked for");
    return;
  }
  context.connected.add(interface.table, subnet, {result, RouteSource::kConnected});
  context.base.add(interface.table, subnet, {result, RouteSource::kConnected});
}

void add_addresses(CompileContext& context) {
  using Owners = std::set<InterfaceId>;
  std::map<Rib::Key, Owners> owners;
  for (const auto& [id, interface] : context.interfaces) {
    for (const IpPrefix& own : interface.addresses) {
      const bool link_local = own.address.is_v6() && own.address.v6.is_link_local();
      const IpPrefix host{own.address, static_cast<std::uint8_t>(own.address.bits())};
      owners[{interface.table, host}].insert(id);
      // Link-local subnets are on every link: nothing in a table can say which one is meant.
      if (!link_local && !own.is_host()) add_subnet(context, interface, own.masked());
    }
  }
  for (const auto& [key, ids] : owners) {
    const InterfaceId owner = ids.size() == 1 ? *ids.begin() : kNoInterface;
    context.base.add(
        key.first, key.second,
        {LookupResult(LookupResult::Kind::kLocalAddress, owner), RouteSource::kOwnAddress});
  }
  // A default route must not catch link-local destinations (RFC 4291 section 2.5.6).
  for (const auto& [name, table] : context.tables) {
    context.base.add(table, kLinkLocal,
                     {LookupResult(DropReason::forward_link_local), RouteSource::kOwnAddress});
  }
}

void add_neighbors(CompileContext& context) {
  const auto sorted = sorted_by(context.state.neighbors, [](const DesiredNeighbor& n) {
    return std::tie(n.interface, n.address);
  });
  std::map<std::pair<InterfaceId, IpAddress>, const DesiredNeighbor*> seen;
  for (const DesiredNeighbor* neighbor : sorted) {
    const Interface* interface =
        context.interface(neighbor->origin, "interface", neighbor->interface);
    if (interface == nullptr) continue;
    const auto [first, fresh] = seen.emplace(std::pair(interface->id, neighbor->address), neighbor);
    if (!fresh) {
      context.error(neighbor->origin, "address",
                    "this neighbor stands " + place_of(first->second->origin) + " already");
      continue;
    }
    const IpAddress& a = neighbor->address;
    const IpPrefix host{a, static_cast<std::uint8_t>(a.bits())};
    if (a.is_v6() ? a.v6.is_multicast() || a.v6.is_unspecified()
                  : a.v4.is_multicast() || a.v4.is_unspecified()) {
      context.error(neighbor->origin, "address", a.to_string() + " cannot be a neighbor");
      continue;
    }
    if (std::any_of(interface->addresses.begin(), interface->addresses.end(),
                    [&](const IpPrefix& own) { return own.address == a; })) {
      context.error(neighbor->origin, "address",
                    a.to_string() + " is an address of " + interface->name + " itself");
      continue;
    }
    context.static_neighbors[{interface->id, a}] = neighbor->mac;
    const AdjacencyId adjacency = context.adjacency(interface->id, a);
    const auto subnet = context.connected.lookup(interface->table, a);
    if (subnet && subnet->second.result.index() == interface->id) {
      context.base.add(
          interface->table, host,
          {LookupResult(LookupResult::Kind::kAdjacency, adjacency), RouteSource::kConnected});
    }
  }
}

std::optional<LookupResult> route_result(CompileContext& context, TableId table,
                                         const DesiredRoute& route) {
  switch (route.type) {
    case RouteType::kForward: return context.next_hops(table, route.next_hops);
    case RouteType::kBlackhole: return LookupResult(DropReason::lookup_blackhole);
    case RouteType::kUnreachable: return LookupResult(DropReason::lookup_unreachable);
    case RouteType::kPunt: return LookupResult(LookupResult::Kind::kPunt, table);
  }
  return std::nullopt;
}

void add_routes(CompileContext& context) {
  const auto sorted = sorted_by(context.state.routes,
                                [](const DesiredRoute& r) { return std::tie(r.table, r.prefix); });
  std::map<Rib::Key, const DesiredRoute*> seen;
  for (const DesiredRoute* route : sorted) {
    const auto table = context.table(route->origin, "table", route->table);
    if (!table) continue;
    const auto [first, fresh] = seen.emplace(Rib::Key(*table, route->prefix), route);
    if (!fresh) {
      context.error(route->origin, "prefix",
                    route->prefix.to_string() + " has a route " + place_of(first->second->origin) +
                        " already; several ways are one route with next_hops");
      continue;
    }
    const IpAddress& a = route->prefix.address;
    const bool multicast =
        route->prefix.len > 0 && (a.is_v6() ? a.v6.is_multicast() : a.v4.is_multicast());
    if (multicast || (route->prefix.len >= 10 && kLinkLocal.contains(a))) {
      context.error(route->origin, "prefix",
                    "link-local and multicast destinations are not routed");
      continue;
    }
    const Rib::Entry* there = context.base.find(*table, route->prefix);
    if (there != nullptr && there->source == RouteSource::kOwnAddress) {
      context.error(route->origin, "prefix",
                    route->prefix.to_string() + " is an own address of this node");
      continue;
    }
    if (const auto result = route_result(context, *table, *route)) {
      context.base.add(*table, route->prefix, {*result, RouteSource::kStatic});
    }
  }
}

}  // namespace

void compile_routes(CompileContext& context) {
  add_addresses(context);
  add_neighbors(context);
  add_routes(context);
}

}  // namespace sextant
