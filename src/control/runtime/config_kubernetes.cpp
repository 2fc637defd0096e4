// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Section kubernetes: where the cluster is followed, and which SIDs its objects get.
#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "control/runtime/config_sections.hpp"

namespace sextant {

namespace {

constexpr std::uint64_t kMaxLocator = 64;
constexpr std::uint64_t kMaxNodeBits = 32;

void read_locator_plan(ObjectReader& reader, SidPlan& out) {
  LocatorPlan plan;
  const bool has_block = reader.get_required("block", plan.block, read_ipv6_prefix);
  reader.get_number("node_bits", plan.node_bits, 1, kMaxNodeBits);
  if (has_block && plan.locator_len() > kMaxLocator) {
    reader.error("block", "leaves no room: block and node_bits are " +
                              std::to_string(plan.block.len + plan.node_bits) +
                              " bits, and a locator has at most " + std::to_string(kMaxLocator));
  }
  out = plan;
}

void read_contiv_plan(ObjectReader& reader, SidPlan& out) {
  constexpr std::array<std::pair<std::string_view, IpPrefix ContivPlan::*>, 11> kRoles = {{
      {"service_policy", &ContivPlan::service_policy},
      {"service_pod", &ContivPlan::service_pod},
      {"service_host", &ContivPlan::service_host},
      {"service_node", &ContivPlan::service_node},
      {"node_pod", &ContivPlan::node_pod},
      {"node_host", &ContivPlan::node_host},
      {"node_pod_policy", &ContivPlan::node_pod_policy},
      {"node_host_policy", &ContivPlan::node_host_policy},
      {"chain_policy", &ContivPlan::chain_policy},
      {"chain_function", &ContivPlan::chain_function},
      {"chain_end", &ContivPlan::chain_end},
  }};
  unsigned generation = 2;
  reader.get_number("generation", generation, 1, 2);
  ContivPlan plan = ContivPlan::of_generation(generation);
  for (const auto& [key, role] : kRoles) {
    if (!reader.get(key, plan.*role, read_ipv6_prefix)) continue;
    const IpPrefix& prefix = plan.*role;
    if (prefix.len == 0 || prefix.len > 96) {
      reader.error(key, prefix.to_string() + " must have 1 to 96 bits: the rest is of an address");
    }
  }
  // The rest is of the pod's address: enough of it to tell pods apart.
  reader.get_number("chain_id_bits", plan.chain_id_bits, 1, 32);
  if (plan.chain_function.len + plan.chain_id_bits > 96) {
    reader.error("chain_id_bits", "leaves less than 32 bits behind chain_function");
  }
  out = plan;
}

void read_sid_plan(const ConfigContext& context, const ConfigValue& value, SidPlan& out) {
  ObjectReader reader(context, value);
  reader.require("plan", "locator or contiv");
  switch (reader.get_word("plan", {"locator", "contiv"}).value_or(0)) {
    case 1: read_contiv_plan(reader, out); break;
    default: read_locator_plan(reader, out);
  }
  reader.finish();
}

// What belongs to another kind of source is a mistake, not something to ignore.
void only_for(ObjectReader& reader, std::string_view key, std::string_view source, bool right) {
  if (reader.has(key) && !right) {
    reader.error(key, "is for source: " + std::string(source) + " only; remove it");
  }
}

void check_source(ObjectReader& reader, const KubernetesSettings& settings) {
  using Source = KubernetesSettings::Source;
  const bool api = settings.source == Source::kApi;
  for (const std::string_view key : {"kubeconfig", "watch", "poll_interval_s", "state_file"})
    only_for(reader, key, "api", api);
  only_for(reader, "path", "manifests", settings.source == Source::kManifests);
  if (settings.source == Source::kManifests && !reader.has("path")) {
    reader.error("path", "missing: the folder with the manifests");
  }
  if (settings.enabled() && !reader.has("sids")) {
    reader.error("sids", "missing: {plan: locator, block: PREFIX}, or {plan: contiv}");
  }
  if (std::holds_alternative<LocatorPlan>(settings.sids) && reader.has("sids") &&
      settings.pod_cidrs.empty() && !reader.has("pod_cidrs")) {
    reader.error("pod_cidrs",
                 "missing: with plan locator a node's place in them numbers its locator");
  }
}

}  // namespace

void read_kubernetes(const ConfigContext& context, const ConfigValue& value,
                     KubernetesSettings& settings, DesiredState& state) {
  ObjectReader reader(context, value);
  settings.where = {context.file, value.node->line, value.node->column};
  reader.require("source", "api, manifests or none");
  if (const auto word = reader.get_word("source", {"none", "api", "manifests"})) {
    settings.source = static_cast<KubernetesSettings::Source>(*word);
  }
  reader.get("path", settings.path, read_path);
  reader.get("kubeconfig", settings.kubeconfig, read_path);
  reader.get("node_name", settings.node_name, read_name);
  reader.get("watch", settings.watch, read_bool);
  reader.get_number("poll_interval_s", settings.poll_interval_s, 1, 86400);
  reader.get("state_file", settings.state_file, read_path);
  if (const auto sids = reader.find("sids")) read_sid_plan(context, sids, settings.sids);
  reader.get("table", settings.table, read_name);
  reader.get_list("pod_cidrs", settings.pod_cidrs, read_prefix);
  reader.get("sid_routes", settings.sid_routes, read_bool);
  reader.get("services", settings.services, read_bool);
  reader.get("chains", settings.chains, read_bool);
  check_source(reader, settings);
  const bool known =
      settings.table == "main" ||
      std::any_of(state.tables.begin(), state.tables.end(),
                  [&](const DesiredTable& table) { return table.name == settings.table; });
  if (!known) reader.error("table", "no table has the name \"" + settings.table + "\"");
  if (!reader.finish().broken && settings.enabled()) {
    // Pods must not reach SIDs, whatever else the domain consists of.
    for (const IpPrefix& prefix : sid_space_of(settings.sids))
      state.domain.sid_space.push_back(prefix);
  }
}

}  // namespace sextant
