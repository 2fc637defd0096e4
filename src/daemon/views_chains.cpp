// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// The list of chains: elements, pods, SIDs, paths, and what this node counted at each hop.
#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "k8s/translator.hpp"
#include "view_parts.hpp"
#include "views.hpp"

namespace sextant {

namespace {

using k8s::ChainTranslation;
using k8s::ServiceFunctionChain;
using nlohmann::json;

std::string_view direction_of(bool reverse) {
  return reverse ? "reverse" : "forward";
}

std::string_view text_of(InnerType inner) {
  switch (inner) {
    case InnerType::kIpv4: return "IPv4";
    case InnerType::kIpv6: return "IPv6";
    case InnerType::kEthernet: return "Ethernet";
  }
  return "";
}

// What the SID processed, and what its interfaces sent to the function and got back: of all chains
// that share it.
json sid_row(const ViewSource& source, const CountersSnapshot& counters,
             const k8s::ChainSid& planned) {
  json out = {{"sid", planned.sid.to_string()},
              {"behavior", spec_of(planned.behavior).name},
              {"direction", direction_of(planned.reverse)},
              {"why", planned.why}};
  const std::vector<LocalSid>& all = source.tables().local_sids;
  const auto found = std::find_if(all.begin(), all.end(),
                                  [&](const LocalSid& one) { return one.sid == planned.sid; });
  const bool there = found != all.end();
  if (!there && planned.why.empty()) out["why"] = "it is not in the tables";
  const SidTotal total = there ? views::total_of(counters.local_sids, found->id) : SidTotal{};
  out["good"] = views::counter(total.good);
  out["bad"] = views::counter(total.bad);
  const bool proxy = spec_of(planned.behavior).argument == ArgumentKind::kProxy;
  if (there && proxy) {
    out["to_function"] =
        views::counter(views::total_of(counters.interfaces_tx, found->args.interface));
    out["from_function"] =
        views::counter(views::total_of(counters.interfaces_rx, found->args.return_interface));
  }
  return out;
}

json elements_of(const ViewSource& source, const CountersSnapshot& counters,
                 const ServiceFunctionChain& chain, const ChainTranslation& made) {
  json out = json::array();
  for (std::size_t i = 0; i < chain.elements.size(); ++i) {
    const bool pod = chain.elements[i].type == k8s::ChainElement::Type::kPod;
    json members = json::array();
    for (std::size_t m = 0; m < made.members[i].size(); ++m) {
      const k8s::ChainMember& member = made.members[i][m];
      json sids = json::array();
      for (const k8s::ChainSid& sid : made.sids) {
        if (sid.element == i && sid.member == m) sids.push_back(sid_row(source, counters, sid));
      }
      members.push_back({{"name", member.name},
                         {"node", member.node},
                         {"used", member.takes_traffic()},
                         {"why", member.why},
                         {"weight", member.weight},
                         {"input", member.input.name},
                         {"output", member.output.name},
                         {"sids", std::move(sids)}});
    }
    out.push_back({{"name", chain.elements[i].name},
                   {"type", pod ? "Pod" : "ExternalInterface"},
                   {"members", std::move(members)}});
  }
  return out;
}

json paths_of(const ChainTranslation& made, const k8s::ChainFlow& flow) {
  json out = json::array();
  const std::size_t last = made.members.size() - 1;
  for (const k8s::ChainPath& path : flow.paths) {
    json names = json::array();
    for (std::size_t i = 0; i < path.members.size(); ++i) {
      const std::size_t element = flow.bypass    ? (flow.reverse ? 0 : last)
                                  : flow.reverse ? last - 1 - i
                                                 : i + 1;
      names.push_back(made.members[element][path.members[i]].name);
    }
    out.push_back({{"members", std::move(names)},
                   {"weight", path.weight},
                   {"segments", views::strings_of(path.segments)}});
  }
  return out;
}

json flows_of(const ViewSource& source, const CountersSnapshot& counters,
              const ChainTranslation& made) {
  json out = json::array();
  const std::vector<PolicyStatus>& all = source.policies();
  for (const k8s::ChainFlow& flow : made.flows) {
    json row = {{"direction", direction_of(flow.reverse)},
                {"type", text_of(flow.inner)},
                {"destination", flow.destination ? flow.destination->to_string() : ""},
                {"starts_here", flow.starts_here},
                {"bypass", flow.bypass},
                {"paths", paths_of(made, flow)},
                {"policies", json::array()}};
    const auto at = std::find_if(all.begin(), all.end(),
                                 [&](const PolicyStatus& one) { return one.name == flow.policy; });
    if (at != all.end()) {
      row["policies"].push_back(views::policy_row(source.tables(), counters, *at));
    }
    out.push_back(std::move(row));
  }
  return out;
}

json chain_row(const ViewSource& source, const CountersSnapshot& counters, const std::string& key,
               const ServiceFunctionChain& chain) {
  const ChainTranslation made = source.cluster()->chain(key).value_or(ChainTranslation());
  return {{"name", key},
          {"rendered", made.rendered()},
          {"reason", made.reason},
          {"message", made.message},
          {"binding_sid", made.binding_sid ? made.binding_sid->to_string() : ""},
          {"bidirectional", chain.bidirectional},
          {"fail_open", chain.fail_open},
          {"nodes", made.nodes},
          {"notes", source.cluster()->lost_of_chain(key)},
          {"elements", elements_of(source, counters, chain, made)},
          {"flows", flows_of(source, counters, made)}};
}

}  // namespace

Result<ListReader> open_chains(const ViewSource& source, const ViewQuery& query) {
  using Entry = k8s::Store<ServiceFunctionChain>::Objects::value_type;
  const std::string* const name = views::filter(query, "name");
  const std::string* const space = views::filter(query, "namespace");
  const std::string* const rendered = views::filter(query, "rendered");
  std::vector<const Entry*> all;
  if (source.cluster() != nullptr) {
    for (const Entry& entry : source.cluster()->stores().chains.objects()) {
      if (name != nullptr && entry.first != *name) continue;
      if (space != nullptr && entry.second->meta.namespace_name != *space) continue;
      all.push_back(&entry);
    }
  }
  ListReader reader;
  reader.size = all.size();
  reader.cursor = [all](std::size_t i) { return all[i]->first; };
  reader.after = [all](const std::string& cursor) -> std::optional<std::size_t> {
    return static_cast<std::size_t>(
        std::upper_bound(
            all.begin(), all.end(), cursor,
            [](const std::string& value, const Entry* one) { return value < one->first; }) -
        all.begin());
  };
  reader.matches = [&source, all, rendered = rendered ? *rendered : ""](std::size_t i) {
    if (rendered.empty()) return true;
    const auto made = source.cluster()->chain(all[i]->first);
    return (made && made->rendered()) == (rendered == "true");
  };
  reader.row = [&source, all, counters = source.counters()](std::size_t i) {
    return chain_row(source, *counters, all[i]->first, *all[i]->second);
  };
  return reader;
}

}  // namespace sextant
