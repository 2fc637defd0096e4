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
  if (const auto other = context.connected.find(interface.table, subnet)) {
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

// Where a static neighbor stands in the FIB: nowhere when its subnet is on another interface.
std::optional<Rib::Key> neighbor_host(const CompileContext& context, const Interface& interface,
                                      const IpAddress& address) {
  const auto subnet = context.connected.lookup(interface.table, address);
  if (!subnet || subnet->second.result.index() != interface.id) return std::nullopt;
  return Rib::Key(interface.table, {address, static_cast<std::uint8_t>(address.bits())});
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

}  // namespace

void add_neighbor(CompileContext& context, const DesiredNeighbor& neighbor) {
  const Interface* interface = context.interface(neighbor.origin, "interface", neighbor.interface);
  if (interface == nullptr) return;
  const IpAddress& a = neighbor.address;
  if (a.is_v6() ? a.v6.is_multicast() || a.v6.is_unspecified()
                : a.v4.is_multicast() || a.v4.is_unspecified()) {
    context.error(neighbor.origin, "address", a.to_string() + " cannot be a neighbor");
    return;
  }
  if (std::any_of(interface->addresses.begin(), interface->addresses.end(),
                  [&](const IpPrefix& own) { return own.address == a; })) {
    context.error(neighbor.origin, "address",
                  a.to_string() + " is an address of " + interface->name + " itself");
    return;
  }
  const std::pair<InterfaceId, IpAddress> where(interface->id, a);
  context.keep(context.static_neighbors, where);
  context.static_neighbors[where] = neighbor.mac;
  const AdjacencyId adjacency = context.adjacency(interface->id, a);
  if (const auto host = neighbor_host(context, *interface, a)) {
    context.set_base(*host, RouteSource::kConnected,
                     LookupResult(LookupResult::Kind::kAdjacency, adjacency));
  }
}

void remove_neighbor(CompileContext& context, const DesiredNeighbor& neighbor) {
  const Interface& interface = context.interfaces.at(context.interface_ids.at(neighbor.interface));
  const std::pair<InterfaceId, IpAddress> where(interface.id, neighbor.address);
  context.keep(context.static_neighbors, where);
  context.static_neighbors.erase(where);
  context.releasing = true;
  context.adjacency(interface.id, neighbor.address);
  context.releasing = false;
  if (const auto host = neighbor_host(context, interface, neighbor.address)) {
    context.set_base(*host, RouteSource::kConnected, std::nullopt);
  }
}

void add_route(CompileContext& context, const DesiredRoute& route) {
  const auto table = context.table(route.origin, "table", route.table);
  if (!table) return;
  const IpAddress& a = route.prefix.address;
  const bool multicast =
      route.prefix.len > 0 && (a.is_v6() ? a.v6.is_multicast() : a.v4.is_multicast());
  if (multicast || (route.prefix.len >= 10 && kLinkLocal.contains(a))) {
    context.error(route.origin, "prefix", "link-local and multicast destinations are not routed");
    return;
  }
  const Rib::Key key(*table, route.prefix);
  if (context.base.get(key, RouteSource::kOwnAddress)) {
    context.error(route.origin, "prefix",
                  route.prefix.to_string() + " is an own address of this node");
    return;
  }
  if (const auto result = route_result(context, *table, route)) {
    context.set_base(key, RouteSource::kStatic, *result);
  }
}

void remove_route(CompileContext& context, const DesiredRoute& route) {
  const TableId table = context.tables.at(route.table);
  context.releasing = true;
  route_result(context, table, route);
  context.releasing = false;
  context.set_base({table, route.prefix}, RouteSource::kStatic, std::nullopt);
}

namespace {

void add_neighbors(CompileContext& context) {
  const auto sorted = sorted_by(context.state.neighbors, [](const DesiredNeighbor& n) {
    return std::tie(n.interface, n.address);
  });
  const DesiredNeighbor* first = nullptr;  // of equal ones
  for (const DesiredNeighbor* neighbor : sorted) {
    if (first != nullptr && first->interface == neighbor->interface &&
        first->address == neighbor->address) {
      context.error(neighbor->origin, "address",
                    "this neighbor stands " + place_of(first->origin) + " already");
      continue;
    }
    first = neighbor;
    add_neighbor(context, *neighbor);
  }
}

void add_routes(CompileContext& context) {
  const auto sorted = sorted_by(context.state.routes,
                                [](const DesiredRoute& r) { return std::tie(r.table, r.prefix); });
  context.base.reserve(context.base.size() + sorted.size() + context.state.local_sids.size());
  const DesiredRoute* first = nullptr;  // of equal ones
  for (const DesiredRoute* route : sorted) {
    if (first != nullptr && first->table == route->table && first->prefix == route->prefix) {
      if (context.tables.contains(route->table)) {
        context.error(route->origin, "prefix",
                      route->prefix.to_string() + " has a route " + place_of(first->origin) +
                          " already; several ways are one route with next_hops");
      } else {
        context.table(route->origin, "table", route->table);
      }
      continue;
    }
    first = route;
    add_route(context, *route);
  }
}

}  // namespace

void compile_routes(CompileContext& context) {
  add_addresses(context);
  add_neighbors(context);
  add_routes(context);
}

}  // namespace sextant
