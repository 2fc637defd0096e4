// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Sections tables, routes, neighbors, vlan_tables, bridges and domain.
#include <charconv>
#include <string>
#include <utility>

#include "control/runtime/config_sections.hpp"

namespace sextant {

namespace {

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

DesiredNextHop read_next_hop(const ConfigContext& context, const ConfigValue& item) {
  ObjectReader reader(context, item);
  DesiredNextHop hop;
  reader.get("next_hop", hop.address, read_ip);
  reader.get("interface", hop.interface, read_name);
  reader.get_number("weight", hop.weight, 1, 65535);
  if (!reader.has("next_hop") && !reader.has("interface")) {
    reader.error("", "needs next_hop, interface, or both");
  }
  hop.origin = reader.finish();
  return hop;
}

void read_hmac_keys(const ConfigContext& context, ObjectReader& parent, DesiredDomain& domain) {
  for (const ConfigValue& item : parent.items("hmac_keys")) {
    ObjectReader reader(context, item);
    DesiredHmacKey key;
    reader.require("id", "the key id of the HMAC TLV, from 1");
    reader.get_number("id", key.id, 1);
    reader.get_required("secret", key.secret, read_secret);
    key.origin = reader.finish();
    domain.hmac_keys.push_back(std::move(key));
  }
}

}  // namespace

std::vector<DesiredNextHop> read_next_hops(const ConfigContext& context, ObjectReader& reader) {
  reader.exclusive("next_hops", "next_hop");
  reader.exclusive("next_hops", "interface");
  std::vector<DesiredNextHop> out;
  for (const ConfigValue& item : reader.items("next_hops")) {
    out.push_back(read_next_hop(context, item));
  }
  DesiredNextHop single;
  const bool has_address = reader.get("next_hop", single.address, read_ip);
  const bool has_interface = reader.get("interface", single.interface, read_name);
  if (out.empty() && (has_address || has_interface)) out.push_back(std::move(single));
  return out;
}

void read_tables(const ConfigContext& context, const std::vector<ConfigValue>& items,
                 DesiredState& state) {
  for (const ConfigValue& item : items) {
    ObjectReader reader(context, item);
    DesiredTable table;
    reader.get_required("name", table.name, read_name);
    reader.get("exception", table.exception, read_name);
    table.origin = reader.finish();
    state.tables.push_back(std::move(table));
  }
}

void read_routes(const ConfigContext& context, const std::vector<ConfigValue>& items,
                 DesiredState& state) {
  for (const ConfigValue& item : items) {
    ObjectReader reader(context, item);
    DesiredRoute route;
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
    const bool single = !reader.has("next_hops");
    route.origin = reader.finish();
    if (single && !route.next_hops.empty()) route.next_hops[0].origin = route.origin;
    state.routes.push_back(std::move(route));
  }
}

void read_neighbors(const ConfigContext& context, const std::vector<ConfigValue>& items,
                    DesiredState& state) {
  for (const ConfigValue& item : items) {
    ObjectReader reader(context, item);
    DesiredNeighbor neighbor;
    reader.get_required("interface", neighbor.interface, read_name);
    reader.get_required("address", neighbor.address, read_ip);
    reader.get_required("mac", neighbor.mac, read_mac);
    neighbor.origin = reader.finish();
    state.neighbors.push_back(std::move(neighbor));
  }
}

void read_vlan_tables(const ConfigContext& context, const std::vector<ConfigValue>& items,
                      DesiredState& state) {
  for (const ConfigValue& item : items) {
    ObjectReader reader(context, item);
    DesiredVlanTable table;
    reader.get_required("name", table.name, read_name);
    for (const ConfigValue& entry_item : reader.items("entries")) {
      ObjectReader entry_reader(context, entry_item);
      DesiredVlanTable::Entry entry;
      entry_reader.require("vlan", "the VLAN id of the inner frame; 0 for untagged frames");
      entry_reader.get_number("vlan", entry.vlan, 0, 4094);
      entry_reader.get_required("interface", entry.interface, read_name);
      entry.origin = entry_reader.finish();
      table.entries.push_back(std::move(entry));
    }
    table.origin = reader.finish();
    state.vlan_tables.push_back(std::move(table));
  }
}

void read_bridges(const ConfigContext& context, const std::vector<ConfigValue>& items,
                  DesiredState& state) {
  for (const ConfigValue& item : items) {
    ObjectReader reader(context, item);
    DesiredBridge bridge;
    reader.get_required("name", bridge.name, read_name);
    reader.get_list("members", bridge.members, read_name);
    reader.get_list("remotes", bridge.remotes, read_name);
    reader.get("learning", bridge.learning, read_bool);
    for (const ConfigValue& mac_item : reader.items("macs")) {
      ObjectReader mac_reader(context, mac_item);
      DesiredBridge::Mac mac;
      mac_reader.get_required("mac", mac.mac, read_mac);
      mac_reader.exclusive("interface", "policy");
      mac_reader.get("interface", mac.interface, read_name);
      mac_reader.get("policy", mac.policy, read_name);
      if (!mac_reader.has("interface") && !mac_reader.has("policy")) {
        mac_reader.error("", "needs interface (a member) or policy (a remote)");
      }
      mac.origin = mac_reader.finish();
      bridge.macs.push_back(std::move(mac));
    }
    bridge.origin = reader.finish();
    state.bridges.push_back(std::move(bridge));
  }
}

void read_domain(const ConfigContext& context, const ConfigValue& value, DesiredState& state) {
  ObjectReader reader(context, value);
  reader.get_list("sid_space", state.domain.sid_space, read_ipv6_prefix);
  reader.get_list("sources", state.domain.sources, read_ipv6_prefix);
  read_hmac_keys(context, reader, state.domain);
  state.domain.origin = reader.finish();
}

}  // namespace sextant
