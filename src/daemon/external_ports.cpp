// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Ports, VLANs and devices for external interfaces.
#include "external_ports.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "dataplane/forward.hpp"
#include "log.hpp"
#include "netlink.hpp"

namespace sextant {

namespace {

// The rings of af_packet are memory of the process.
constexpr std::uint16_t kDescriptors = 256;

Status fits_file(const DesiredInterface& port, const k8s::ExternalInterface& external,
                 const k8s::ExternalInterface::OnNode& entry, const std::string& table) {
  if (external.layer2) return Ok{};
  if (port.table != table) {
    return Error{
        fmt::format("port {} is in table {} of the configuration, not in {}; give it a "
                    "vlan, or leave the port out of the configuration",
                    port.name, port.table, table)};
  }
  const auto& own = port.addresses;
  if (!entry.address || std::find(own.begin(), own.end(), *entry.address) != own.end()) return Ok{};
  return Error{
      fmt::format("port {} does not have the address {} in the configuration; add it there",
                  port.name, entry.address->to_string())};
}

}  // namespace

ExternalPorts::ExternalPorts(Dataplane& dataplane, Reconciler& reconciler,
                             const k8s::ClusterStores& stores, std::string node_name,
                             std::string table)
    : dataplane_(dataplane),
      reconciler_(reconciler),
      stores_(stores),
      node_name_(std::move(node_name)),
      table_(std::move(table)) {}

void ExternalPorts::update() {
  FilePorts ports;
  for (const DesiredInterface& interface : reconciler_.below(StateLayer::kPods).interfaces) {
    if (interface.vlan == 0) ports.emplace(interface.name, interface);
  }
  for (auto& [name, opened] : opened_)
    opened.wanted = false;
  std::set<std::string> gone = std::exchange(known_, {});
  for (const auto& [key, external] : stores_.external_interfaces.objects()) {
    const auto entry = std::find_if(external->nodes.begin(), external->nodes.end(),
                                    [&](const auto& one) { return one.node == node_name_; });
    if (entry == external->nodes.end()) continue;
    known_.insert(key);
    gone.erase(key);
    set(key, objects_of(ports, *external, *entry));
  }
  for (const std::string& key : gone)
    set(key, StateChange());
  StateChange change = owners_.take();
  if (!change.empty()) {
    reconciler_.set_facts(
        {.port_macs = dataplane_.port_macs(), .kernel_macs = dataplane_.kernel_macs()});
    reconciler_.change(StateLayer::kExternal, std::move(change));
  }
  close_unwanted();
}

void ExternalPorts::set(const std::string& key, const Result<StateChange>& objects) {
  owners_.set("ExternalInterface " + key, objects ? *objects : StateChange());
  const std::string why = objects ? "" : objects.error().text;
  if (problems_[key] != why && !why.empty()) {
    log(LogLevel::kWarning, "k8s", "ExternalInterface {}: {}", key, why);
  }
  problems_[key] = why;
  if (why.empty()) problems_.erase(key);
}

Result<StateChange> ExternalPorts::objects_of(const FilePorts& ports,
                                              const k8s::ExternalInterface& external,
                                              const k8s::ExternalInterface::OnNode& entry) {
  StateChange out;
  DesiredTable table;
  table.name = k8s::network_table(
      table_, external.layer2 ? std::string(k8s::kStubNetwork) : external.network);
  DesiredInterface interface;
  interface.name = entry.full_name();
  interface.vlan = entry.vlan;
  interface.table = table.name;
  interface.trusted = false;
  if (entry.address && !external.layer2) interface.addresses = {*entry.address};
  if (const auto port = ports.find(entry.interface); port != ports.end()) {
    if (entry.vlan == 0) {
      if (auto fits = fits_file(port->second, external, entry, table.name); !fits)
        return fits.error();
      return out;
    }
    interface.port = port->second.port;
    interface.mtu = port->second.mtu;
  } else {
    const auto opened = open_device(entry.interface);
    if (!opened) return opened.error();
    interface.port = opened->port;
    interface.mtu = opened->mtu;
  }
  if (table.name != table_) out.tables.upserts.push_back(std::move(table));
  out.interfaces.upserts.push_back(std::move(interface));
  return out;
}

Result<ExternalPorts::Opened> ExternalPorts::open_device(const std::string& name) {
  if (const auto known = opened_.find(name); known != opened_.end()) {
    known->second.wanted = true;
    return known->second;
  }
  auto netlink = Netlink::open();
  if (!netlink) return netlink.error();
  const auto link = netlink->link(name);
  if (!link) return link.error();
  if (!*link) {
    return Error{fmt::format(
        "vppInterfaceName {} is neither a port of the configuration nor a device of the kernel",
        name)};
  }
  Opened out;
  PortIndex port = kFirstPodPort;
  while (port < kMaxPorts && !dataplane_.is_free(port))
    ++port;
  if (port == kMaxPorts) return Error{"all ports are in use"};
  out.port = port;
  out.mtu = static_cast<std::uint16_t>(std::min((*link)->mtu, unsigned{UINT16_MAX}));
  PortConfig config{.name = name, .mtu = out.mtu};
  config.device = fmt::format("net_af_packet_ext{},iface={}", port, name);
  config.rx_descriptors = config.tx_descriptors = kDescriptors;
  if (auto status = dataplane_.add_port(port, config); !status) return status.error();
  opened_.emplace(name, out);
  return out;
}

void ExternalPorts::close_unwanted() {
  std::erase_if(opened_, [&](const auto& entry) {
    if (entry.second.wanted) return false;
    dataplane_.remove_port(entry.second.port);
    return true;
  });
}

}  // namespace sextant
