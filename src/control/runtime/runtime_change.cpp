// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Field by field, so that a finding names the field.
#include "control/runtime/runtime_change.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>

namespace sextant {

namespace {

constexpr const char* kRestart = "cannot change while it runs: restart sextantd, or set it back";

std::string text(std::uint64_t value) {
  return std::to_string(value);
}
std::string text(const std::string& value) {
  return value.empty() ? "nothing" : value;
}
std::string text(const std::vector<unsigned>& values) {
  std::string out;
  for (const unsigned value : values)
    out += (out.empty() ? "" : ", ") + std::to_string(value);
  return "[" + out + "]";
}
std::string text(const std::vector<std::string>& values) {
  std::string out;
  for (const std::string& value : values)
    out += (out.empty() ? "" : ", ") + value;
  return "[" + out + "]";
}
std::string text(HugePages value) {
  return value == HugePages::kAuto ? "auto" : value == HugePages::kOn ? "on" : "off";
}
std::string text(IdleMode value) {
  return value == IdleMode::kPoll ? "poll" : "adaptive";
}
std::string text(const std::optional<MacAddress>& value) {
  return value ? value->to_string() : "that of the device";
}

class Comparison {
 public:
  Comparison(Diagnostics& diagnostics, SourceLocation where, std::string prefix)
      : diagnostics_(diagnostics), where_(std::move(where)), prefix_(std::move(prefix)) {}

  template <typename T>
  void same(const char* field, const T& started, const T& wanted) const {
    if (started == wanted) return;
    diagnostics_.error(where_, prefix_ + field,
                       text(started) + " to " + text(wanted) + " " + kRestart);
  }

 private:
  Diagnostics& diagnostics_;
  SourceLocation where_;
  std::string prefix_;
};

void check_process(const RuntimeConfig& started, const RuntimeConfig& wanted,
                   const SourceLocation& where, Diagnostics& diagnostics) {
  const Comparison check(diagnostics, where, "runtime.");
  check.same("lcores", started.lcores, wanted.lcores);
  check.same("huge_pages", started.huge_pages, wanted.huge_pages);
  check.same("memory_mb", started.memory_mb, wanted.memory_mb);
  check.same("mbufs", started.mbufs, wanted.mbufs);
  check.same("eal_arguments", started.eal_arguments, wanted.eal_arguments);
  check.same("file_prefix", started.file_prefix, wanted.file_prefix);
  check.same("idle", started.idle, wanted.idle);
  check.same("burst", started.burst, wanted.burst);
  check.same("proxy_cache.entries", started.proxy_cache_entries, wanted.proxy_cache_entries);
  check.same("proxy_cache.timeout_s", started.proxy_cache_timeout_s, wanted.proxy_cache_timeout_s);
  check.same("flows.connections", started.flows.connections, wanted.flows.connections);
  check.same("flows.choices", started.flows.choices, wanted.flows.choices);
  check.same("flows.opening_s", started.flows.opening_s, wanted.flows.opening_s);
  check.same("flows.tcp_s", started.flows.tcp_s, wanted.flows.tcp_s);
  check.same("flows.tcp_half_closed_s", started.flows.tcp_half_closed_s,
             wanted.flows.tcp_half_closed_s);
  check.same("flows.closed_s", started.flows.closed_s, wanted.flows.closed_s);
  check.same("flows.udp_unanswered_s", started.flows.udp_unanswered_s,
             wanted.flows.udp_unanswered_s);
  check.same("flows.udp_s", started.flows.udp_s, wanted.flows.udp_s);
  check.same("flows.sctp_s", started.flows.sctp_s, wanted.flows.sctp_s);
  check.same("neighbor_hold_packets", started.neighbor_hold_packets, wanted.neighbor_hold_packets);
}

std::string text(const std::vector<QueueAssignment>& assignments) {
  std::string out;
  for (const QueueAssignment& one : assignments) {
    out += (out.empty() ? "" : ", ") + std::to_string(one.queue) + " by lcore " +
           std::to_string(one.lcore);
  }
  return "[" + out + "]";
}

void check_port(const PortConfig& started, const PortConfig& wanted, std::size_t place,
                Diagnostics& diagnostics) {
  const std::string prefix = "ports[" + std::to_string(place) + "].";
  const Comparison check(diagnostics, wanted.where, prefix);
  check.same("device", started.device, wanted.device);
  check.same("queues", started.queues, wanted.queues);
  check.same("rx_descriptors", started.rx_descriptors, wanted.rx_descriptors);
  check.same("tx_descriptors", started.tx_descriptors, wanted.tx_descriptors);
  check.same("mac", started.mac, wanted.mac);
  check.same("assignments", text(started.assignments), text(wanted.assignments));
  if (wanted.mtu > started.mtu) {
    diagnostics.error(wanted.where, prefix + "mtu",
                      "the port was opened for " + std::to_string(started.mtu) +
                          " bytes, and buffers are as large as that; for " +
                          std::to_string(wanted.mtu) + " restart sextantd");
  }
}

// A place that no port has now: what has just been removed is still open.
std::optional<PortIndex> free_place(const std::vector<PortConfig>& open,
                                    const std::vector<PortConfig>& wanted) {
  for (PortIndex place = 0; place < kFirstPodPort; ++place) {
    if (place < open.size() && !open[place].name.empty()) continue;
    if (place < wanted.size() && !wanted[place].name.empty()) continue;
    return place;
  }
  return std::nullopt;
}

// A port that is not open yet: the place that it gets.
PortIndex place_new_port(const PortConfig& port, std::size_t i, const LoadedConfig& started,
                         std::vector<PortConfig>& ports, Diagnostics& diagnostics) {
  const std::string field = "ports[" + std::to_string(i) + "]";
  if (port.device.empty()) {
    diagnostics.error(port.where, field,
                      "port \"" + port.name +
                          "\" has no device, so it cannot be opened: add one, "
                          "or leave the port out");
    return 0;
  }
  const auto place = free_place(started.runtime.ports, ports);
  if (!place) {
    diagnostics.error(port.where, field,
                      "more than " + std::to_string(kFirstPodPort) +
                          " ports, those included that this change removes");
    return 0;
  }
  if (ports.size() <= *place) ports.resize(*place + 1u);
  ports[*place] = port;
  return *place;
}

// Ports by name, each in its place for as long as it is open; then what stands on them follows.
void check_ports(const LoadedConfig& started, LoadedConfig& wanted) {
  std::map<std::string, PortIndex> opened;
  for (std::size_t i = 0; i < started.runtime.ports.size(); ++i) {
    opened.emplace(started.runtime.ports[i].name, static_cast<PortIndex>(i));
  }
  std::vector<PortIndex> places(wanted.runtime.ports.size());
  std::vector<PortConfig> ports(started.runtime.ports.size());
  for (std::size_t i = 0; i < wanted.runtime.ports.size(); ++i) {
    const PortConfig& port = wanted.runtime.ports[i];
    // A port without a name has its finding already.
    if (port.name.empty()) continue;
    if (const auto found = opened.find(port.name); found != opened.end()) {
      check_port(started.runtime.ports[found->second], port, i, wanted.diagnostics);
      places[i] = found->second;
      ports[found->second] = port;
    } else {
      places[i] = place_new_port(port, i, started, ports, wanted.diagnostics);
    }
  }
  for (DesiredInterface& interface : wanted.state.interfaces) {
    if (interface.port < places.size()) interface.port = places[interface.port];
  }
  wanted.runtime.ports = std::move(ports);
}

// The source is connected and SIDs are given out once.
void check_kubernetes(const KubernetesSettings& started, const KubernetesSettings& wanted,
                      const SourceLocation& where, Diagnostics& diagnostics) {
  KubernetesSettings same = wanted;
  same.where = started.where;
  if (same == started) return;
  diagnostics.error(where, "kubernetes", std::string("this section ") + kRestart);
}

}  // namespace

void check_runtime_change(const LoadedConfig& started, LoadedConfig& wanted) {
  const std::string file =
      wanted.runtime.ports.empty() ? "" : wanted.runtime.ports.front().where.file;
  const SourceLocation nowhere{file, 0, 0};
  const auto or_nowhere = [&](const SourceLocation& where) {
    return where.line > 0 ? where : nowhere;
  };
  check_process(started.runtime, wanted.runtime, or_nowhere(wanted.runtime.where),
                wanted.diagnostics);
  check_ports(started, wanted);
  const Comparison check(wanted.diagnostics, or_nowhere(wanted.introspection.where),
                         "introspection.");
  check.same("listen", started.introspection.listen(), wanted.introspection.listen());
  check.same("tls.certificate", started.introspection.certificate,
             wanted.introspection.certificate);
  check.same("tls.key", started.introspection.key, wanted.introspection.key);
  check.same("token_file", started.introspection.token_file, wanted.introspection.token_file);
  check_kubernetes(started.kubernetes, wanted.kubernetes, or_nowhere(wanted.kubernetes.where),
                   wanted.diagnostics);
}

}  // namespace sextant
