// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Sections runtime and ports: what is fixed at start, and the interfaces on top of the ports.
#include <bit>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "control/runtime/config_sections.hpp"

namespace sextant {

namespace {

// RFC 8200 section 5: the least that a link which carries IPv6 can have.
constexpr std::uint64_t kMinMtu = 1280;
constexpr std::uint64_t kMaxPorts = 1024;

bool read_lcore(const ConfigContext& context, const ConfigValue& value, unsigned& out) {
  std::uint64_t number = 0;
  if (!read_number(context, value, 0, 1023, number)) return false;
  out = static_cast<unsigned>(number);
  return true;
}

void read_proxy_cache(const ConfigContext& context, ObjectReader& parent, RuntimeConfig& runtime) {
  const ConfigValue value = parent.find("proxy_cache");
  if (!value) return;
  ObjectReader reader(context, value);
  if (reader.get_number("entries", runtime.proxy_cache_entries, 1, 1u << 26) &&
      !std::has_single_bit(runtime.proxy_cache_entries)) {
    reader.error("entries", "must be a power of two; the next one is " +
                                std::to_string(std::bit_ceil(runtime.proxy_cache_entries)));
  }
  reader.get_number("timeout_s", runtime.proxy_cache_timeout_s, 1, 86400);
  reader.finish();
}

void read_flows(const ConfigContext& context, ObjectReader& parent, FlowConfig& flows) {
  const ConfigValue value = parent.find("flows");
  if (!value) return;
  constexpr std::uint64_t kMaxSeconds = 5 * 86400;
  ObjectReader reader(context, value);
  reader.get_number("connections", flows.connections, 1, 1u << 24);
  reader.get_number("choices", flows.choices, 1, 1u << 24);
  reader.get_number("opening_s", flows.opening_s, 1, kMaxSeconds);
  reader.get_number("tcp_s", flows.tcp_s, 1, kMaxSeconds);
  reader.get_number("tcp_half_closed_s", flows.tcp_half_closed_s, 1, kMaxSeconds);
  reader.get_number("closed_s", flows.closed_s, 1, kMaxSeconds);
  reader.get_number("udp_unanswered_s", flows.udp_unanswered_s, 1, kMaxSeconds);
  reader.get_number("udp_s", flows.udp_s, 1, kMaxSeconds);
  reader.get_number("sctp_s", flows.sctp_s, 1, kMaxSeconds);
  reader.finish();
}

void read_router_advertisement(const ConfigContext& context, ObjectReader& parent,
                               DesiredInterface& interface) {
  const ConfigValue value = parent.find("router_advertisement");
  if (!value) return;
  ObjectReader reader(context, value);
  Interface::RouterAdvertisement ra;
  reader.get_number("lifetime_s", ra.lifetime_s, 0, 9000);  // RFC 4861 section 6.2.1
  reader.get_number("hop_limit", ra.hop_limit, 0);
  reader.get("managed", ra.managed, read_bool);
  reader.get("other", ra.other, read_bool);
  reader.get_list("prefixes", ra.prefixes, read_ipv6_prefix);
  reader.finish();
  interface.router_advertisement = std::move(ra);
}

// What a port and a VLAN of a port have in common.
void read_interface(const ConfigContext& context, ObjectReader& reader,
                    DesiredInterface& interface) {
  reader.get("table", interface.table, read_name);
  reader.get("trusted", interface.trusted, read_bool);
  reader.get_list("addresses", interface.addresses, read_interface_address);
  reader.get_list("allowed_sids", interface.allowed_sids, read_ipv6_prefix);
  if (interface.trusted && !interface.allowed_sids.empty()) {
    reader.error("allowed_sids",
                 "only for an interface with \"trusted: false\"; a trusted one may "
                 "reach every SID");
  }
  read_router_advertisement(context, reader, interface);
}

void read_vlans(const ConfigContext& context, ObjectReader& parent, const DesiredInterface& port,
                DesiredState& state) {
  std::map<std::uint16_t, int> seen;
  for (const ConfigValue& item : parent.items("vlans")) {
    ObjectReader reader(context, item);
    DesiredInterface vlan;
    vlan.port = port.port;
    vlan.mac = port.mac;
    vlan.trusted = port.trusted;
    vlan.mtu = port.mtu;
    if (reader.require("id", "the VLAN id, 1 to 4094") &&
        reader.get_number("id", vlan.vlan, 1, 4094)) {
      const auto [first, fresh] = seen.emplace(vlan.vlan, item.node->line);
      if (!fresh) {
        reader.error("id", "VLAN " + std::to_string(vlan.vlan) +
                               " is already on this port, in line " +
                               std::to_string(first->second));
      }
    }
    vlan.name = port.name + "." + std::to_string(vlan.vlan);
    reader.get("name", vlan.name, read_name);
    reader.get_number("mtu", vlan.mtu, kMinMtu, port.mtu);
    read_interface(context, reader, vlan);
    vlan.origin = reader.finish();
    state.interfaces.push_back(std::move(vlan));
  }
}

void read_assignments(const ConfigContext& context, ObjectReader& parent, std::size_t lcores,
                      PortConfig& port) {
  std::set<std::uint16_t> seen;
  for (const ConfigValue& item : parent.items("assignments")) {
    ObjectReader reader(context, item);
    QueueAssignment assignment;
    reader.require("queue", "the receive queue, from 0");
    reader.require("lcore", "the place of the lcore in runtime.lcores, from 0");
    reader.get_number("queue", assignment.queue, 0, port.queues - 1u);
    reader.get_number("lcore", assignment.lcore, 0, lcores - 1);
    if (!seen.insert(assignment.queue).second) {
      reader.error("queue", "queue " + std::to_string(assignment.queue) + " is assigned twice");
    }
    reader.finish();
    port.assignments.push_back(assignment);
  }
  if (parent.has("assignments") && seen.size() != port.queues) {
    parent.error("assignments",
                 "every queue of the port needs a line: queues is " + std::to_string(port.queues));
  }
}

void read_port(const ConfigContext& context, const ConfigValue& item, DesiredState& state,
               RuntimeConfig& runtime, std::map<std::string, int>& devices) {
  ObjectReader reader(context, item);
  PortConfig port;
  DesiredInterface interface;
  port.where = {context.file, item.node->line, item.node->column};
  interface.port = static_cast<PortIndex>(runtime.ports.size());
  reader.get_required("name", port.name, read_name);
  if (reader.get("device", port.device, read_text)) {
    // The device is what stands before the first comma; arguments follow.
    const std::string device = port.device.substr(0, port.device.find(','));
    const auto [first, fresh] = devices.emplace(device, item.node->line);
    if (device.empty()) {
      reader.error("device",
                   "needs a PCI address (0000:3b:00.0) or a virtual device "
                   "(net_tap0,iface=tap0)");
    } else if (!fresh) {
      reader.error("device", "device " + device + " belongs to the port in line " +
                                 std::to_string(first->second));
    }
  }
  reader.get_number("queues", port.queues, 1, 256);
  reader.get_number("mtu", port.mtu, kMinMtu);
  reader.get_number("rx_descriptors", port.rx_descriptors, 32, 32768);
  reader.get_number("tx_descriptors", port.tx_descriptors, 32, 32768);
  reader.get("promiscuous", port.promiscuous, read_bool);
  reader.get("mac", port.mac, read_mac);
  read_assignments(context, reader, runtime.lcores.empty() ? 1 : runtime.lcores.size(), port);

  interface.name = port.name;
  interface.mac = port.mac;
  interface.mtu = port.mtu;
  read_interface(context, reader, interface);
  const std::size_t place = state.interfaces.size();
  state.interfaces.push_back(interface);
  read_vlans(context, reader, interface, state);
  state.interfaces[place].origin = reader.finish();
  runtime.ports.push_back(std::move(port));
}

}  // namespace

void read_runtime(const ConfigContext& context, const ConfigValue& value, RuntimeConfig& runtime) {
  ObjectReader reader(context, value);
  runtime.where = {context.file, value.node->line, value.node->column};
  reader.get_list("lcores", runtime.lcores, read_lcore);
  std::set<unsigned> seen;
  for (const unsigned lcore : runtime.lcores) {
    if (!seen.insert(lcore).second) {
      reader.error("lcores", "CPU " + std::to_string(lcore) + " stands twice");
    }
  }
  // Readers of YAML 1.1 make truth values of on and off.
  if (const auto word = reader.get_word("huge_pages", {"auto", "on", "off", "true", "false"})) {
    constexpr HugePages kWords[] = {HugePages::kAuto, HugePages::kOn, HugePages::kOff,
                                    HugePages::kOn, HugePages::kOff};
    runtime.huge_pages = kWords[*word];
  }
  reader.get_number("memory_mb", runtime.memory_mb, 0, 1u << 20);
  reader.get_number("mbufs", runtime.mbufs, 0, 1u << 26);
  reader.get_list("eal_arguments", runtime.eal_arguments, read_text);
  reader.get("file_prefix", runtime.file_prefix, read_name);
  if (const auto word = reader.get_word("idle", {"adaptive", "poll"})) {
    runtime.idle = *word == 0 ? IdleMode::kAdaptive : IdleMode::kPoll;
  }
  reader.get_number("burst", runtime.burst, 1, 256);
  read_proxy_cache(context, reader, runtime);
  read_flows(context, reader, runtime.flows);
  reader.get_number("neighbor_hold_packets", runtime.neighbor_hold_packets, 0, 65536);
  reader.finish();
}

void read_ports(const ConfigContext& context, const std::vector<ConfigValue>& items,
                DesiredState& state, RuntimeConfig& runtime) {
  std::map<std::string, int> devices;
  for (const ConfigValue& item : items) {
    if (runtime.ports.size() >= kMaxPorts) {
      context.error(item, "more than " + std::to_string(kMaxPorts) + " ports");
      return;
    }
    read_port(context, item, state, runtime, devices);
  }
}

}  // namespace sextant
