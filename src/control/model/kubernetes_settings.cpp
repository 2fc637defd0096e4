// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// The prefixes of SID plans.
#include "control/model/kubernetes_settings.hpp"

namespace sextant {

namespace {

IpPrefix leading_16_bits(std::uint16_t bits) {
  Ipv6Address a;
  a.bytes[0] = static_cast<std::uint8_t>(bits >> 8);
  a.bytes[1] = static_cast<std::uint8_t>(bits);
  return {a, 16};
}

}  // namespace

ContivPlan ContivPlan::of_generation(unsigned generation) {
  const auto prefix = [&](std::uint16_t first, std::uint16_t second) {
    return leading_16_bits(generation == 1 ? first : second);
  };
  return {.service_policy = prefix(0x5555, 0x8fff),
          .service_pod = prefix(0x6666, 0x9300),
          .service_host = prefix(0x6655, 0x9300),
          .service_node = prefix(0x7766, 0x9000),
          .node_pod = prefix(0x7777, 0x9501),
          .node_host = prefix(0x7799, 0x9500),
          .node_pod_policy = prefix(0x8888, 0x8501),
          .node_host_policy = prefix(0x9999, 0x8500),
          // Younger than the documents: both generations have the same.
          .chain_policy = leading_16_bits(0x8eee),
          .chain_function = leading_16_bits(0x9600),
          .chain_end = leading_16_bits(0x9310)};
}

std::vector<IpPrefix> sid_space_of(const SidPlan& plan) {
  if (const auto* locator = std::get_if<LocatorPlan>(&plan)) return {locator->block};
  const auto& contiv = std::get<ContivPlan>(plan);
  std::vector<IpPrefix> out;
  for (const IpPrefix& prefix :
       {contiv.service_policy, contiv.service_pod, contiv.service_host, contiv.service_node,
        contiv.node_pod, contiv.node_host, contiv.node_pod_policy, contiv.node_host_policy,
        contiv.chain_policy, contiv.chain_function, contiv.chain_end}) {
    // Generation 2 has one prefix for two roles.
    bool known = false;
    for (const IpPrefix& other : out)
      known = known || other == prefix;
    if (!known) out.push_back(prefix);
  }
  return out;
}

}  // namespace sextant
