// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Chains and the pods of their elements, for tests.
#pragma once

#include <string>
#include <vector>

#include "support/translate_fixture.hpp"

namespace sextant::k8s_test {

// A pod of an element: label sf is the first part of its name ("fw-0": "fw").
inline k8s::Pod chain_pod(const std::string& name, const std::string& node_name,
                          const std::string& address) {
  k8s::Pod out;
  out.meta.namespace_name = "default";
  out.meta.name = name;
  out.node = node_name;
  out.ips = {ip(address)};
  out.labels = {{"sf", name.substr(0, name.find('-'))}};
  out.ready = true;
  out.phase = k8s::PodPhase::kRunning;
  return out;
}

// With interfaces "tap1", "tap2", ... for frames, called "NAME-tap1" by the node.
inline k8s::Pod with_stubs(k8s::Pod pod, int count = 1) {
  for (int i = 1; i <= count; ++i) {
    const std::string name = "tap" + std::to_string(i);
    pod.interfaces.push_back(
        {name, std::string(k8s::kStubNetwork), pod.meta.name + "-" + name, {}});
  }
  return pod;
}

// With interfaces "tap1", ... that have addresses.
inline k8s::Pod with_addresses(k8s::Pod pod, const std::vector<std::vector<std::string>>& taps,
                               const std::string& network = "") {
  for (std::size_t i = 0; i < taps.size(); ++i) {
    const std::string name = "tap" + std::to_string(i + 1);
    pod.interfaces.push_back({name, network, pod.meta.name + "-" + name, ips(taps[i])});
  }
  return pod;
}

inline k8s::ChainElement pods_of(const std::string& sf, const std::string& input = "",
                                 const std::string& output = "") {
  k8s::ChainElement out;
  out.pods.labels = {{"sf", sf}};
  out.name = sf;
  out.input_interface = input;
  out.output_interface = output;
  return out;
}

inline k8s::ChainElement external(const std::string& name) {
  k8s::ChainElement out;
  out.type = k8s::ChainElement::Type::kExternalInterface;
  out.input_interface = out.output_interface = name;
  return out;
}

inline k8s::ServiceFunctionChain chain_of(const std::string& name,
                                          std::vector<k8s::ChainElement> elements,
                                          const std::string& space = "default") {
  k8s::ServiceFunctionChain out;
  out.meta.namespace_name = space;
  out.meta.name = name;
  out.elements = std::move(elements);
  return out;
}

// A node with interfaces of pods: "fw-0-tap1".
inline std::string file_with(const std::vector<std::string>& interfaces,
                             const std::string& n = "1") {
  std::string out =
      "tables: [{name: main, exception: kernel0}]\nports:\n"
      "  - {name: fabric0, addresses: [\"fe10:f00d::" +
      n + "/90\", 192.168.16." + n + "/24]}\n  - {name: kernel0}\n";
  for (const std::string& name : interfaces)
    out += "  - {name: " + name + ", trusted: false}\n";
  return out;
}

// "End.AD 9600::1 fw-0-tap1 > fw-0-tap2", "End.DX6 9310::1 via fd00::1 server-0-tap1"
inline std::vector<std::string> chain_sids_of(const StateChange& objects) {
  std::vector<std::string> out;
  for (const DesiredLocalSid& sid : objects.local_sids.upserts) {
    const ArgumentKind kind = spec_of(sid.behavior).argument;
    if (sid.behavior == Behavior::kEnd || kind == ArgumentKind::kTable) continue;
    std::string text = std::string(spec_of(sid.behavior).name) + " " + sid.sid.address.to_string();
    for (const DesiredNextHop& hop : sid.next_hops) {
      text += " via " + (hop.address ? hop.address->to_string() : "link");
      if (!hop.interface.empty()) text += " " + hop.interface;
    }
    if (!sid.interface.empty()) text += " " + sid.interface;
    if (!sid.return_interface.empty()) text += " > " + sid.return_interface;
    for (const Ipv6Address& segment : sid.segments)
      text += " | " + segment.to_string();
    out.push_back(text);
  }
  std::sort(out.begin(), out.end());
  return out;
}

// "interface client-0-tap1 -> chain default/c", "main fd00::1/128 -> ..."
inline std::vector<std::string> chain_steering_of(const StateChange& objects) {
  std::vector<std::string> out;
  for (const SteeringRule& rule : objects.steering.upserts) {
    if (!rule.policy.starts_with("chain ")) continue;
    out.push_back((rule.match == SteeringRule::Match::kInterface
                       ? "interface " + rule.interface
                       : rule.table + " " + rule.prefix.to_string()) +
                  " -> " + rule.policy);
  }
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace sextant::k8s_test
