// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Sections tables, routes, neighbors, vlan_tables, bridges and domain.
#include <charconv>
#include <string>
#include <utility>

#include "control/runtime/config_sections.hpp"

namespace sextant {

namespace {

// A list of objects: read(reader, object) for each, which then knows where it was written.
template <typename T, typename Read>
void read_objects(const ConfigContext& context, const std::vector<ConfigValue>& items,
                  std::vector<T>& out, Read read) {
  out.reserve(out.size() + items.size());
  for (const ConfigValue& item : items) {
    ObjectReader reader(context, item);
    T object;
    read(reader, object);
    object.origin = reader.finish();
    out.push_back(std::move(object));
  }
}

// "hex:0011aabb" as bytes, any other text as it is.
bool read_secret(const ConfigContext& context, const ConfigValue& value,
                 std::vector<std::uint8_t>& out) {
  constexpr std::size_t kMaxBytes = 256;
  std::string text;
  if (!read_text(context, value, text)) return false;
  std::vector<std::uint8_t> secret;
  if (text.starts_with("hex:")) {
    const std::string_view digits = std::string_view(text).substr(4);
    for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
      std::uint8_t byte = 0;
      const char* at = digits.data() + i;
      const auto [end, ec] = std::from_chars(at, at + 2, byte, 16);
      if (ec != std::errc{} || end != at + 2) break;
      secret.push_back(byte);
    }
    if (secret.size() * 2 != digits.size()) secret.clear();
  } else {
    secret.assign(text.begin(), text.end());
  }
  if (secret.empty() || secret.size() > kMaxBytes) {
    // The value itself is not shown: messages end up in logs.
    context.error(value, "a secret is 1 to 256 bytes: text, or hex: and pairs of digits");
    return false;
  }
  out = std::move(secret);
  return true;
}

void read_next_hop(ObjectReader& reader, DesiredNextHop& hop) {
  reader.get("next_hop", hop.address, read_ip);
  reader.get("interface", hop.interface, read_name);
  reader.get_number("weight", hop.weight, 1, 65535);
  if (!reader.has("next_hop") && !reader.has("interface")) {
    reader.error("", "needs next_hop, interface, or both");
  }
}

void read_hmac_key(ObjectReader& reader, DesiredHmacKey& key) {
  reader.require("id", "the key id of the HMAC TLV, from 1");
  reader.get_number("id", key.id, 1);
  reader.get_required("secret", key.secret, read_secret);
}

void read_route(const ConfigContext& context, ObjectReader& reader, DesiredRoute& route) {
  reader.get_required("prefix", route.prefix, read_prefix);
  reader.get("table", route.table, read_name);
  const auto type = reader.get_word("type", {"forward", "blackhole", "unreachable", "punt"});
  if (type) route.type = static_cast<RouteType>(*type);
  route.next_hops = read_next_hops(context, reader);
  if (route.type != RouteType::kForward && !route.next_hops.empty()) {
    reader.error("type", "a route of this type has no next hop");
  } else if (route.type == RouteType::kForward && route.next_hops.empty() && reader.fine()) {
    reader.error("", "needs next_hop, interface, next_hops, or type");
  }
}

void read_vlan_entry(ObjectReader& reader, DesiredVlanTable::Entry& entry) {
  reader.require("vlan", "the VLAN id of the inner frame; 0 for untagged frames");
  reader.get_number("vlan", entry.vlan, 0, 4094);
  reader.get_required("interface", entry.interface, read_name);
}

void read_bridge_mac(ObjectReader& reader, DesiredBridge::Mac& mac) {
  reader.get_required("mac", mac.mac, read_mac);
  reader.exclusive("interface", "policy");
  reader.get("interface", mac.interface, read_name);
  reader.get("policy", mac.policy, read_name);
  if (!reader.has("interface") && !reader.has("policy")) {
    reader.error("", "needs interface (a member) or policy (a remote)");
  }
}

}  // namespace

std::vector<DesiredNextHop> read_next_hops(const ConfigContext& context, ObjectReader& reader) {
  reader.exclusive("next_hops", "next_hop");
  reader.exclusive("next_hops", "interface");
  std::vector<DesiredNextHop> out;
  read_objects(context, reader.items("next_hops"), out, read_next_hop);
  DesiredNextHop single;
  const bool has_address = reader.get("next_hop", single.address, read_ip);
  const bool has_interface = reader.get("interface", single.interface, read_name);
  if (out.empty() && (has_address || has_interface)) out.push_back(std::move(single));
  return out;
}

void read_tables(const ConfigContext& context, const std::vector<ConfigValue>& items,
                 DesiredState& state) {
  read_objects(context, items, state.tables, [](ObjectReader& reader, DesiredTable& table) {
    reader.get_required("name", table.name, read_name);
    reader.get("exception", table.exception, read_name);
  });
}

void read_routes(const ConfigContext& context, const std::vector<ConfigValue>& items,
                 DesiredState& state) {
  const std::size_t before = state.routes.size();
  read_objects(context, items, state.routes, [&](ObjectReader& reader, DesiredRoute& route) {
    read_route(context, reader, route);
  });
  // A next hop that is written into the route itself stands where the route does.
  for (std::size_t i = before; i < state.routes.size(); ++i) {
    DesiredRoute& route = state.routes[i];
    if (!route.origin.has("next_hops") && !route.next_hops.empty()) {
      route.next_hops[0].origin = route.origin;
    }
  }
}

void read_neighbors(const ConfigContext& context, const std::vector<ConfigValue>& items,
                    DesiredState& state) {
  read_objects(context, items, state.neighbors,
               [](ObjectReader& reader, DesiredNeighbor& neighbor) {
                 reader.get_required("interface", neighbor.interface, read_name);
                 reader.get_required("address", neighbor.address, read_ip);
                 reader.get_required("mac", neighbor.mac, read_mac);
               });
}

void read_vlan_tables(const ConfigContext& context, const std::vector<ConfigValue>& items,
                      DesiredState& state) {
  read_objects(context, items, state.vlan_tables,
               [&](ObjectReader& reader, DesiredVlanTable& table) {
                 reader.get_required("name", table.name, read_name);
                 read_objects(context, reader.items("entries"), table.entries, read_vlan_entry);
               });
}

void read_bridges(const ConfigContext& context, const std::vector<ConfigValue>& items,
                  DesiredState& state) {
  read_objects(context, items, state.bridges, [&](ObjectReader& reader, DesiredBridge& bridge) {
    reader.get_required("name", bridge.name, read_name);
    reader.get_list("members", bridge.members, read_name);
    reader.get_list("remotes", bridge.remotes, read_name);
    reader.get("learning", bridge.learning, read_bool);
    read_objects(context, reader.items("macs"), bridge.macs, read_bridge_mac);
  });
}

void read_domain(const ConfigContext& context, const ConfigValue& value, DesiredState& state) {
  ObjectReader reader(context, value);
  reader.get_list("sid_space", state.domain.sid_space, read_ipv6_prefix);
  reader.get_list("sources", state.domain.sources, read_ipv6_prefix);
  read_objects(context, reader.items("hmac_keys"), state.domain.hmac_keys, read_hmac_key);
  state.domain.origin = reader.finish();
}

}  // namespace sextant
