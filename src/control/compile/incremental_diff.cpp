// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Incremental: what was touched, compared with the tables.
#include "control/compile/incremental.hpp"

namespace sextant {

namespace {

// Notes how the object with this id differs from the one in the tables; nullptr: it is gone.
template <typename T>
void compare(const std::vector<T>& objects, std::uint32_t id, const T* now,
             ObjectChanges<T>& changes) {
  const auto at = std::lower_bound(objects.begin(), objects.end(), id,
                                   [](const T& object, std::uint32_t i) { return object.id < i; });
  const bool was = at != objects.end() && at->id == id;
  if (now == nullptr) {
    if (was) changes.removals.push_back(id);
  } else if (!was || !(*at == *now)) {
    changes.upserts.push_back(*now);
  }
}

template <typename Map>
const typename Map::mapped_type* find_in(const Map& map, const typename Map::key_type& key) {
  const auto at = map.find(key);
  return at == map.end() ? nullptr : &at->second;
}

}  // namespace

void Incremental::finish_adjacencies() {
  std::map<AdjacencyId, std::pair<InterfaceId, IpAddress>> touched;
  for (const auto& where : log_.adjacencies)
    touched[context_.adjacency_at.at(where)] = where;
  for (const auto& [id, where] : touched) {
    if (context_.adjacency_uses[id] > 0) {
      const Adjacency now = context_.make_adjacency(id, where.first, where.second);
      compare(world_.tables.adjacencies, id, &now, diff_.adjacencies);
      continue;
    }
    context_.keep(context_.adjacency_at, where);
    context_.adjacency_at.erase(where);
    context_.ids.release(IdKind::kAdjacency, context_.adjacency_key(where.first, where.second));
    compare<Adjacency>(world_.tables.adjacencies, id, nullptr, diff_.adjacencies);
  }
}

void Incremental::finish_interfaces() {
  for (const InterfaceKey& key : change_.interfaces.removals) {
    const InterfaceId id = context_.interface_ids.at(key.name);
    context_.keep(context_.interfaces, id);
    context_.interfaces.erase(id);
    context_.keep(context_.interface_ids, key.name);
    context_.interface_ids.erase(key.name);
    context_.ids.release(IdKind::kInterface, key.name);
  }
  for (const InterfaceId id : std::set(log_.interfaces.begin(), log_.interfaces.end())) {
    compare(world_.tables.interfaces, id, find_in(context_.interfaces, id), diff_.interfaces);
  }
}

void Incremental::finish_groups() {
  const std::map<EcmpGroupId, std::string> touched(log_.ecmp_groups.begin(),
                                                   log_.ecmp_groups.end());
  for (const auto& [id, key] : touched) {
    if (context_.ecmp_uses[id] == 0) {
      context_.ids.release(IdKind::kEcmpGroup, key);
      compare<EcmpGroup>(world_.tables.ecmp_groups, id, nullptr, diff_.ecmp_groups);
    } else if (const EcmpGroup* now = find_in(context_.ecmp_groups, id)) {
      compare(world_.tables.ecmp_groups, id, now, diff_.ecmp_groups);
    }
  }
}

void Incremental::finish_objects() {
  const auto present = [&](PolicyId id) { return context_.nodes[id].present; };
  for (const LocalSidId id : std::set(log_.local_sids.begin(), log_.local_sids.end())) {
    const LocalSid* now = find_in(context_.local_sids, id);
    if (now == nullptr) now = find_in(context_.bound_sids, id);
    if (now != nullptr && now->args.policy != kNoObject && !present(now->args.policy)) {
      now = nullptr;
    }
    compare(world_.tables.local_sids, id, now, diff_.local_sids);
  }
  for (const SteeringId id : std::set(log_.steerings.begin(), log_.steerings.end())) {
    const Steering* now = find_in(context_.steerings, id);
    if (now != nullptr && !present(now->policy)) now = nullptr;
    compare(world_.tables.steerings, id, now, diff_.steerings);
  }
  for (const SegmentListId id : lists_) {
    compare(world_.tables.segment_lists, id, find_in(context_.segment_lists, id),
            diff_.segment_lists);
  }
  std::set<PolicyId> policies = removed_;
  for (const auto& [id, policy] : concerned_)
    policies.insert(id);
  for (const PolicyId id : policies) {
    compare(world_.tables.policies, id, find_in(context_.compiled_policies, id), diff_.policies);
  }
}

// Rules by port hold what their destination has without them: a change of any prefix around it
// counts.
void Incremental::finish_hosts() {
  prefixes_.insert(log_.base.begin(), log_.base.end());
  for (const auto& [key, owner] : log_.overlay)
    prefixes_.insert(key);
  hosts_.insert(log_.hosts.begin(), log_.hosts.end());
  for (const auto& [table, prefix] : prefixes_) {
    const Rib::Key first(table, {prefix.address, 0});
    for (auto at = context_.port_groups.lower_bound(first); at != context_.port_groups.end();
         ++at) {
      if (at->first.first != table || !prefix.contains(at->first.second.address)) break;
      hosts_.insert(at->first);
    }
  }
  for (const Rib::Key& host : hosts_) {
    const std::string key = port_steering_key(context_, host);
    const auto before = context_.ids.find(IdKind::kPortSteering, key);
    const auto now = make_port_steering(context_, host);
    if (!now && !before) continue;
    if (!now) context_.ids.release(IdKind::kPortSteering, key);
    compare(world_.tables.port_steerings, now ? now->id : *before, now ? &*now : nullptr,
            diff_.port_steerings);
  }
  prefixes_.insert(hosts_.begin(), hosts_.end());
}

void Incremental::finish_translations() {
  for (const TranslationPlace& place :
       std::set(log_.translations.begin(), log_.translations.end())) {
    const std::string key = translation_key(context_, place);
    const auto before = context_.ids.find(IdKind::kTranslation, key);
    const auto now = make_translation(context_, place);
    if (!now && !before) continue;
    if (!now) context_.ids.release(IdKind::kTranslation, key);
    compare(world_.tables.translations, now ? now->id : *before, now ? &*now : nullptr,
            diff_.translations);
  }
}

void Incremental::finish_fib() {
  const std::vector<FibEntry>& fib = world_.tables.fib;
  for (const Rib::Key& key : prefixes_) {
    std::optional<LookupResult> now = plain_result(context_, key);
    if (context_.port_groups.contains(key)) {
      const auto steered =
          context_.ids.find(IdKind::kPortSteering, port_steering_key(context_, key));
      if (steered) now = LookupResult(LookupResult::Kind::kPortSteering, *steered);
    }
    const auto at =
        std::lower_bound(fib.begin(), fib.end(), key, [](const FibEntry& entry, const Rib::Key& k) {
          return std::tie(entry.table, entry.prefix) < std::tie(k.first, k.second);
        });
    const bool was = at != fib.end() && at->table == key.first && at->prefix == key.second;
    if (!now) {
      if (was) diff_.fib_removals.push_back({key.first, key.second});
    } else if (!was || !(at->result == *now)) {
      diff_.fib_upserts.push_back({key.first, key.second, *now});
    }
  }
}

}  // namespace sextant
