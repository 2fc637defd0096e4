// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Incremental: which objects a change may add and remove without a full compile, and doing so.
#include "control/compile/incremental.hpp"

namespace sextant {

namespace {

// What binding_sid_of() makes of two policies of one name.
bool same_binding_sid(const SrPolicy& a, const SrPolicy& b) {
  return a.binding_sid == b.binding_sid && a.binding_sid_behavior == b.binding_sid_behavior &&
         a.table == b.table && a.headend == b.headend;
}

}  // namespace

// Whether an interface is the far side of a pseudowire depends on who else uses it.
bool Incremental::allowed_name(const std::string& interface) const {
  return interface.empty() || !context_.l2_candidates.contains(interface);
}

// Whether an object that stays, or comes, names an interface that goes.
bool Incremental::is_used(const std::string& interface) const {
  const DesiredState& state = world_.state;
  const auto hops = [&](const std::vector<DesiredNextHop>& list) {
    return std::any_of(list.begin(), list.end(),
                       [&](const DesiredNextHop& hop) { return hop.interface == interface; });
  };
  const auto stays = [&](const auto& objects, const auto& edits, auto names) {
    return std::any_of(edits.upserts.begin(), edits.upserts.end(), names) ||
           std::any_of(objects.begin(), objects.end(), [&](const auto& object) {
             return names(object) && std::find(edits.removals.begin(), edits.removals.end(),
                                               key_of(object)) == edits.removals.end();
           });
  };
  const auto named = [&](const auto& object) { return object.interface == interface; };
  const auto among = [&](const std::vector<std::string>& names) {
    return std::find(names.begin(), names.end(), interface) != names.end();
  };
  return stays(state.neighbors, change_.neighbors, named) ||
         stays(state.steering, change_.steering, named) ||
         stays(state.translations, change_.translations, named) ||
         stays(state.routes, change_.routes,
               [&](const DesiredRoute& route) { return hops(route.next_hops); }) ||
         stays(state.local_sids, change_.local_sids,
               [&](const DesiredLocalSid& sid) {
                 return named(sid) || sid.return_interface == interface || hops(sid.next_hops);
               }) ||
         std::any_of(state.tables.begin(), state.tables.end(),
                     [&](const DesiredTable& table) { return table.exception == interface; }) ||
         std::any_of(state.bridges.begin(), state.bridges.end(), [&](const DesiredBridge& bridge) {
           return among(bridge.members) ||
                  std::any_of(bridge.macs.begin(), bridge.macs.end(), named);
         });
}

// Interfaces of pods: new ones and old ones, with nothing but a table and a MAC address.
bool Incremental::allowed_interfaces() const {
  const auto plain = [&](const DesiredInterface& interface) {
    return interface.addresses.empty() && !interface.router_advertisement &&
           context_.tables.contains(interface.table) && allowed_name(interface.name);
  };
  for (const DesiredInterface& interface : change_.interfaces.upserts) {
    if (!plain(interface) || context_.interface_ids.contains(interface.name)) return false;
  }
  return std::all_of(change_.interfaces.removals.begin(), change_.interfaces.removals.end(),
                     [&](const InterfaceKey& key) {
                       const DesiredInterface* old = world_.index.find(world_.state, key);
                       return old != nullptr && plain(*old) && !is_used(key.name) &&
                              context_.interface_ids.contains(key.name);
                     });
}

bool Incremental::allowed(const DesiredRoute& route) const {
  return std::all_of(route.next_hops.begin(), route.next_hops.end(),
                     [&](const DesiredNextHop& hop) { return allowed_name(hop.interface); });
}

// SIDs that take interfaces for themselves can change what those are used for, and SIDs under a
// steered prefix what becomes of that.
bool Incremental::allowed(const DesiredLocalSid& sid) const {
  const ArgumentKind kind = spec_of(sid.behavior).argument;
  if (kind == ArgumentKind::kProxy || kind == ArgumentKind::kInterface) return false;
  if (!allowed_name(sid.interface) || steering_stands_at(sid.table, sid.sid)) return false;
  return std::all_of(sid.next_hops.begin(), sid.next_hops.end(),
                     [&](const DesiredNextHop& hop) { return allowed_name(hop.interface); });
}

bool Incremental::steering_stands_at(const std::string& table, const IpPrefix& prefix) const {
  const SteeringKey key(SteeringRule::Match::kPrefix, table, prefix, "", 0, 0);
  if (world_.index.find(world_.state, key) != nullptr) return true;
  const auto id = context_.tables.find(table);
  return id != context_.tables.end() && context_.port_groups.contains(Rib::Key(id->second, prefix));
}

// A binding SID that stays is not touched: others may lead into it.
bool Incremental::keeps_binding_sid(const PolicyKey& name) const {
  const SrPolicy* old = world_.index.find(world_.state, name);
  const auto now = upserts_.find(name);
  return old != nullptr && now != upserts_.end() && same_binding_sid(*old, *now->second);
}

// The same holds for steering.
bool Incremental::keeps_rule(const SteeringRule& rule) const {
  const SteeringRule* old = world_.index.find(world_.state, key_of(rule));
  return old != nullptr && old->policy == rule.policy;
}

bool Incremental::has_sid(const Rib::Key& key) const {
  return context_.base.get(key, RouteSource::kSid) || context_.overlay.get(key, RouteSource::kSid);
}

bool Incremental::allowed() const {
  if (change_.size() > kMaxChange || !change_.tables.empty() || !change_.bridges.empty() ||
      !allowed_interfaces()) {
    return false;
  }
  const auto old_too = [&](const auto& edits, auto find, auto test) {
    for (const auto& object : edits.upserts) {
      const auto* old = find(key_of(object));
      if (!test(object) || (old != nullptr && !test(*old))) return false;
    }
    return std::all_of(edits.removals.begin(), edits.removals.end(),
                       [&](const auto& key) { return test(*find(key)); });
  };
  const DesiredState& state = world_.state;
  const auto rule_test = [&](const SteeringRule& rule) {
    if (rule.match == SteeringRule::Match::kInterface) return false;
    const auto table = context_.tables.find(rule.table);
    return table != context_.tables.end() && !has_sid({table->second, rule.prefix});
  };
  const auto bound_test = [&](const SrPolicy& policy) {
    const auto sid = binding_sid_of(policy);
    return !sid || keeps_binding_sid(policy.name) || !steering_stands_at(sid->table, sid->sid);
  };
  const auto find = [&](const auto& key) { return world_.index.find(state, key); };
  // Who may use a policy, and where its SID stands, follows from these.
  for (const SrPolicy& policy : change_.policies.upserts) {
    const SrPolicy* old = find(policy.name);
    if (policy.name.empty()) return false;
    if (old != nullptr && (old->headend != policy.headend || old->table != policy.table)) {
      return false;
    }
  }
  return old_too(
             change_.routes, [&](const RouteKey& key) { return world_.index.route(state, key); },
             [&](const DesiredRoute& route) { return allowed(route); }) &&
         old_too(
             change_.local_sids, [&](const SidKey& key) { return world_.index.sid(state, key); },
             [&](const DesiredLocalSid& sid) { return allowed(sid); }) &&
         old_too(change_.neighbors, find,
                 [&](const DesiredNeighbor& n) { return allowed_name(n.interface); }) &&
         old_too(change_.translations, find,
                 [&](const DesiredTranslation& t) { return allowed_name(t.interface); }) &&
         old_too(change_.policies, find, bound_test) && old_too(change_.steering, find, rule_test);
}

bool Incremental::change_interfaces() {
  std::map<std::string_view, const DesiredInterface*> sorted;  // ids follow the order of names
  for (const DesiredInterface& interface : change_.interfaces.upserts)
    sorted.emplace(interface.name, &interface);
  for (const InterfaceKey& key : change_.interfaces.removals) {
    if (!withdraw_plain_interface(context_, key.name)) return false;
  }
  return std::all_of(sorted.begin(), sorted.end(), [&](const auto& entry) {
    return add_plain_interface(context_, *entry.second);
  });
}

void Incremental::remove_objects() {
  const DesiredState& state = world_.state;
  const auto each_old = [&](const auto& edits, auto find, auto remove) {
    for (const auto& object : edits.upserts) {
      if (const auto* old = find(key_of(object))) remove(*old);
    }
    for (const auto& key : edits.removals)
      remove(*find(key));
  };
  const auto find = [&](const auto& key) { return world_.index.find(state, key); };
  for (const SteeringRule& rule : change_.steering.upserts) {
    const SteeringRule* old = find(key_of(rule));
    if (old != nullptr && old->policy != rule.policy) remove_rule(context_, *old);
  }
  for (const SteeringKey& key : change_.steering.removals)
    remove_rule(context_, *find(key));
  each_old(
      change_.local_sids, [&](const SidKey& key) { return world_.index.sid(state, key); },
      [&](const DesiredLocalSid& sid) { remove_sid(context_, sid); });
  each_old(change_.policies, find, [&](const SrPolicy& policy) {
    const auto sid = binding_sid_of(policy);
    if (sid && !keeps_binding_sid(policy.name)) remove_sid(context_, *sid);
  });
  each_old(
      change_.routes, [&](const RouteKey& key) { return world_.index.route(state, key); },
      [&](const DesiredRoute& route) { remove_route(context_, route); });
  each_old(change_.neighbors, find,
           [&](const DesiredNeighbor& neighbor) { remove_neighbor(context_, neighbor); });
  each_old(change_.translations, find,
           [&](const DesiredTranslation& old) { remove_translation(context_, old); });
  remove_policies();
}

void Incremental::remove_policies() {
  for (const PolicyKey& name : change_.policies.removals) {
    const PolicyId id = context_.policies.at(name).id;
    replace_segments(world_.index.find(world_.state, name), nullptr);
    context_.keep(context_.policies, name);
    context_.policies.erase(name);
    removed_.insert(id);
    removed_names_.push_back(name);
  }
  std::sort(removed_names_.begin(), removed_names_.end());
}

void Incremental::replace_segments(const SrPolicy* before, const SrPolicy* after) {
  const auto each = [&](const SrPolicy& policy, auto what) {
    const auto table = context_.tables.find(policy.table);
    if (table == context_.tables.end()) return;
    const PolicyId id = context_.policies.at(policy.name).id;
    for (const CandidatePath& path : policy.candidate_paths) {
      for (const WeightedSegmentList& list : path.segment_lists) {
        if (!list.segments.empty()) what(std::tuple(table->second, list.segments[0], id));
      }
    }
  };
  FirstSegments& all = world_.first_segments;
  if (before != nullptr) {
    each(*before, [&](const auto& entry) {
      if (all.erase(entry) != 0) log_.undo.push_back([&all, entry] { all.insert(entry); });
    });
  }
  if (after != nullptr) {
    each(*after, [&](const auto& entry) {
      if (all.insert(entry).second) log_.undo.push_back([&all, entry] { all.erase(entry); });
    });
  }
}

void Incremental::name_policies() {
  for (const SrPolicy& policy : change_.policies.upserts) {
    const PolicyId id = context_.ids.id(IdKind::kPolicy, policy.name);
    context_.keep(context_.policies, policy.name);
    const bool fresh =
        context_.policies.insert_or_assign(policy.name, KnownPolicy{id, &policy}).second;
    PolicyNode& node = context_.node(id);
    if (fresh) node = {};
    node.desired = &policy;
    concerned_[id] = &policy;
    check_policy(context_, policy);
    context_.table(policy.origin, "table", policy.table);
    replace_segments(world_.index.find(world_.state, policy.name), &policy);
  }
}

bool Incremental::add_sids() {
  SeenSids seen;
  const auto is_free = [&](const DesiredLocalSid& sid) {
    const auto table = context_.tables.find(sid.table);
    return table != context_.tables.end() && !has_sid({table->second, sid.sid});
  };
  for (const DesiredLocalSid& sid : change_.local_sids.upserts) {
    if (!is_free(sid)) return false;
    add_local_sid(context_, sid, seen);
  }
  for (const SrPolicy& policy : change_.policies.upserts) {
    const auto sid = binding_sid_of(policy);
    if (!sid || keeps_binding_sid(policy.name)) continue;
    if (!is_free(*sid)) return false;
    seen.clear();
    add_binding_sid(context_, *sid, seen);
    seen.clear();  // it refers to sid
  }
  return true;
}

bool Incremental::add_rules() {
  for (const SteeringRule& rule : change_.steering.upserts) {
    if (keeps_rule(rule)) continue;
    const auto table = context_.tables.find(rule.table);
    if (table == context_.tables.end() || has_sid({table->second, rule.prefix})) return false;
    add_rule(context_, rule);
  }
  return true;
}

bool Incremental::add_objects() {
  for (const DesiredNeighbor& neighbor : change_.neighbors.upserts)
    add_neighbor(context_, neighbor);
  for (const DesiredRoute& route : change_.routes.upserts)
    add_route(context_, route);
  for (const DesiredTranslation& translation : change_.translations.upserts)
    add_translation(context_, translation);
  if (!add_sids() || !add_rules()) return false;
  for (const PolicyId id : removed_) {
    if (!context_.node(id).ways.empty()) return false;  // somebody still uses it
  }
  return !context_.diagnostics.has_errors();
}

}  // namespace sextant
