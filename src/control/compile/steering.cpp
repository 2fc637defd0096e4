// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Steering rules (RFC 9256 section 8), and the FIB that they and the policies make of the routes.
#include <string>
#include <utility>

#include <sextant/net/headers.hpp>

#include "control/compile/compile_context.hpp"

namespace sextant {

namespace {

std::string protocol_name(std::uint8_t protocol) {
  switch (protocol) {
    case ip_protocol::kTcp: return "tcp";
    case ip_protocol::kUdp: return "udp";
    case ip_protocol::kSctp: return "sctp";
    default: return "protocol " + std::to_string(protocol);
  }
}

}  // namespace

std::string name_of(const SteeringRule& rule) {
  const std::string table = rule.table == "main" ? "" : " table " + rule.table;
  switch (rule.match) {
    case SteeringRule::Match::kPrefix: return rule.prefix.to_string() + table;
    case SteeringRule::Match::kInterface: return "interface " + rule.interface;
    case SteeringRule::Match::kPort:
      return protocol_name(rule.protocol) + " " + rule.prefix.address.to_string() + " " +
             std::to_string(rule.port) + table;
  }
  return "";
}

namespace {

std::string_view key_of(const SteeringRule& rule) {
  switch (rule.match) {
    case SteeringRule::Match::kPrefix: return "prefix";
    case SteeringRule::Match::kInterface: return "interface";
    case SteeringRule::Match::kPort: return "destination";
  }
  return "";
}

// H.Insert adds a routing header to the packet itself: only IPv6 can carry one.
void check_headend(CompileContext& context, const SteeringRule& rule, const SrPolicy& policy) {
  if (policy.headend != Headend::kHInsert) return;
  if (rule.match == SteeringRule::Match::kInterface) {
    context.error(rule.origin, "policy",
                  policy.name + " has headend H.Insert, which cannot carry frames");
  } else if (!rule.prefix.address.is_v6()) {
    context.error(rule.origin, "policy",
                  policy.name + " has headend H.Insert, which cannot carry IPv4");
  }
}

void check_prefix(CompileContext& context, const SteeringRule& rule, TableId table) {
  const IpAddress& a = rule.prefix.address;
  const bool scoped = a.is_v6() ? a.v6.is_link_local() || a.v6.is_multicast() : a.v4.is_multicast();
  if (scoped && rule.prefix.len > 0) {
    context.error(rule.origin, key_of(rule),
                  "link-local and multicast destinations cannot be steered");
    return;
  }
  for (const Rib* rib : {&context.base, &context.overlay}) {
    if (!rib->get({table, rule.prefix}, RouteSource::kSid)) continue;
    if (rule.match == SteeringRule::Match::kPort) {
      context.error(rule.origin, "destination", a.to_string() + " is a local SID");
    } else {
      context.warning(rule.origin, "prefix",
                      rule.prefix.to_string() + " is a local SID, which comes first");
    }
    return;
  }
}

auto rule_order(const SteeringRule& rule) {
  return std::tie(rule.match, rule.table, rule.prefix, rule.interface, rule.protocol, rule.port);
}

bool is_present(const CompileContext& context, PolicyId policy) {
  return policy < context.nodes.size() && context.nodes[policy].present;
}

PolicyId policy_of(const CompileContext& context, LookupResult result) {
  return result.kind() == LookupResult::Kind::kLocalSid
             ? context.policy_of_sid.at(result.index())
             : context.policy_of_steering.at(result.index());
}

void add_port_rule(CompileContext& context, const Rib::Key& host, const PortRule& rule) {
  context.keep(context.port_groups, host);
  std::vector<PortRule>& rules = context.port_groups[host];
  const auto order = [](const PortRule& a, const PortRule& b) {
    return std::tie(a.protocol, a.port) < std::tie(b.protocol, b.port);
  };
  rules.insert(std::upper_bound(rules.begin(), rules.end(), rule, order), rule);
  if (context.change != nullptr) context.change->hosts.push_back(host);
}

}  // namespace

void add_rule(CompileContext& context, const SteeringRule& rule) {
  const KnownPolicy* policy = context.policy(rule.origin, "policy", rule.policy);
  std::optional<TableId> table = TableId{0};
  if (rule.match != SteeringRule::Match::kInterface) {
    table = context.table(rule.origin, "table", rule.table);
  }
  if (policy == nullptr || !table) return;
  check_headend(context, rule, *policy->desired);

  const std::string name = name_of(rule);
  const SteeringId id = context.ids.id(IdKind::kSteering, name);
  context.keep(context.steerings, id);
  context.steerings[id] = {id, policy->id, name};
  context.bind(context.policy_of_steering, id, policy->id);
  if (context.change != nullptr) context.change->steerings.push_back(id);
  PolicyNode& node = context.node(policy->id);
  const Rib::Key where(*table, rule.prefix);
  switch (rule.match) {
    case SteeringRule::Match::kInterface: {
      node.layer2 = true;
      node.ways.push_back({PolicyWay::Kind::kFrames, id, {}});
      const auto at = context.interface_ids.find(rule.interface);
      if (at == context.interface_ids.end()) return;
      Interface& interface = context.interfaces.at(at->second);
      if (interface.role == InterfaceRole::kL2Steered) interface.role_index = id;
      return;
    }
    case SteeringRule::Match::kPort:
      check_prefix(context, rule, *table);
      node.ways.push_back({PolicyWay::Kind::kPort, id, where});
      add_port_rule(context, where, {rule.protocol, rule.port, id, policy->id});
      return;
    case SteeringRule::Match::kPrefix:
      check_prefix(context, rule, *table);
      node.ways.push_back({PolicyWay::Kind::kPrefix, id, where});
      if (context.base.get(where, RouteSource::kSid)) return;
      context.set_overlay(where, RouteSource::kSteering, policy->id,
                          LookupResult(LookupResult::Kind::kPolicy, id));
      return;
  }
}

void remove_rule(CompileContext& context, const SteeringRule& rule) {
  const std::string name = name_of(rule);
  const auto id = context.ids.find(IdKind::kSteering, name);
  if (!id) return;
  const PolicyId owner = context.policy_of_steering.at(*id);
  std::erase_if(context.node(owner).ways, [&](const PolicyWay& way) {
    return way.kind != PolicyWay::Kind::kSid && way.id == *id;
  });
  context.bind(context.policy_of_steering, *id, kNoObject);
  context.keep(context.steerings, *id);
  context.steerings.erase(*id);
  const Rib::Key where(context.tables.at(rule.table), rule.prefix);
  if (rule.match == SteeringRule::Match::kPrefix) {
    context.set_overlay(where, RouteSource::kSteering, owner, std::nullopt);
  } else if (const auto group = context.port_groups.find(where);
             group != context.port_groups.end()) {
    context.keep(context.port_groups, where);
    std::erase_if(group->second, [&](const PortRule& r) { return r.steering == *id; });
    if (group->second.empty()) context.port_groups.erase(group);
  }
  if (context.change != nullptr) {
    context.change->steerings.push_back(*id);
    if (rule.match == SteeringRule::Match::kPort) context.change->hosts.push_back(where);
  }
  context.ids.release(IdKind::kSteering, name);
}

std::optional<LookupResult> plain_result(const CompileContext& context, const Rib::Key& key) {
  if (const auto steered = context.overlay.find(key);
      steered && is_present(context, policy_of(context, steered->result))) {
    return steered->result;
  }
  const auto routed = context.base.find(key);
  return routed ? std::optional(routed->result) : std::nullopt;
}

std::string port_steering_key(const CompileContext& context, const Rib::Key& host) {
  return context.table_name(host.first) + "|" + host.second.to_string();
}

// Rules by protocol and port hang in front of what their destination would have had without them.
std::optional<PortSteering> make_port_steering(CompileContext& context, const Rib::Key& host) {
  PortSteering out;
  const auto group = context.port_groups.find(host);
  if (group == context.port_groups.end()) return std::nullopt;
  for (const PortRule& rule : group->second) {
    if (!is_present(context, rule.policy)) continue;
    out.rules.push_back(
        {rule.protocol, rule.port, LookupResult(LookupResult::Kind::kPolicy, rule.steering)});
  }
  if (out.rules.empty()) return std::nullopt;
  out.id = context.ids.id(IdKind::kPortSteering, port_steering_key(context, host));
  const auto& [table, prefix] = host;
  const auto present = [&](const Rib::Entry& entry) {
    return is_present(context, policy_of(context, entry.result));
  };
  auto found = context.base.lookup(table, prefix.address);
  const auto steered = context.overlay.lookup(table, prefix.address, present);
  if (steered && (!found || steered->first.len >= found->first.len)) found = steered;
  if (found) out.otherwise = found->second.result;
  return out;
}

void compile_steering(CompileContext& context) {
  std::unordered_map<std::string, const SteeringRule*> seen;
  for (const SteeringRule* rule : sorted_by(context.state.steering, rule_order)) {
    const std::string name = name_of(*rule);
    const auto [first, fresh] = seen.emplace(name, rule);
    if (fresh) {
      add_rule(context, *rule);
    } else {
      context.error(rule->origin, key_of(*rule),
                    name + " is steered " + place_of(first->second->origin) + " already");
    }
  }
}

void compile_fib(CompileContext& context) {
  std::vector<FibEntry>& fib = context.final_fib;
  fib.reserve(context.base.size() + context.overlay.size());
  context.base.for_each([&](const Rib::Key& key, const Rib::Entry& routed) {
    const auto steered = context.overlay.find(key);
    const bool covered = steered && is_present(context, policy_of(context, steered->result));
    fib.push_back({key.first, key.second, covered ? steered->result : routed.result});
  });
  context.overlay.for_each([&](const Rib::Key& key, const Rib::Entry& entry) {
    if (!is_present(context, policy_of(context, entry.result)) || context.base.find(key)) return;
    fib.push_back({key.first, key.second, entry.result});
  });
  const auto order = [](const FibEntry& a, const FibEntry& b) {
    return std::tie(a.table, a.prefix) < std::tie(b.table, b.prefix);
  };
  std::sort(fib.begin(), fib.end(), order);
  std::vector<FibEntry> hosts;
  for (const auto& [host, rules] : context.port_groups) {
    auto made = make_port_steering(context, host);
    if (!made) continue;
    FibEntry entry{host.first, host.second,
                   LookupResult(LookupResult::Kind::kPortSteering, made->id)};
    const auto at = std::lower_bound(fib.begin(), fib.end(), entry, order);
    const bool there = at != fib.end() && !order(entry, *at);
    // It always wins, but over a SID: what it hides it holds as otherwise.
    if (there && at->result.kind() == LookupResult::Kind::kLocalSid) continue;
    if (there) {
      at->result = entry.result;
    } else {
      hosts.push_back(entry);
    }
    context.port_steerings.emplace(made->id, std::move(*made));
  }
  const auto middle = static_cast<std::ptrdiff_t>(fib.size());
  fib.insert(fib.end(), hosts.begin(), hosts.end());
  std::inplace_merge(fib.begin(), fib.begin() + middle, fib.end(), order);
}

}  // namespace sextant
