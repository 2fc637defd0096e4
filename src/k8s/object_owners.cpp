// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Wants by key and by owner.
#include "k8s/object_owners.hpp"

#include <type_traits>

namespace sextant::k8s {

namespace {

template <typename Key>
std::string name_of(const Key& key, bool is_sid) {
  if constexpr (std::is_same_v<Key, RouteKey>) {
    return (is_sid ? "SID " : "route ") + std::get<1>(key).to_string();
  } else {
    return name_of_key(key);
  }
}

}  // namespace

template <typename T, typename Key>
void ObjectOwners::Kind<T, Key>::touch(const Key& key) {
  if (before.contains(key)) return;
  const auto found = objects.find(key);
  before.emplace(
      key, found == objects.end() ? std::nullopt : std::optional<T>(found->second.front().second));
}

template <typename T, typename Key>
void ObjectOwners::Kind<T, Key>::remove(const std::string& owner) {
  const auto owned = keys.find(owner);
  if (owned == keys.end()) return;
  for (const Key& key : owned->second) {
    touch(key);
    const auto found = objects.find(key);
    std::erase_if(found->second, [&](const auto& want) { return want.first == owner; });
    if (found->second.empty()) objects.erase(found);
  }
  keys.erase(owned);
}

template <typename T, typename Key>
void ObjectOwners::Kind<T, Key>::add(const std::string& owner, std::vector<T> wanted) {
  if (wanted.empty()) return;
  std::vector<Key>& owned = keys[owner];
  for (T& object : wanted) {
    const Key key = key_of(object);
    touch(key);
    object.origin.where.file = owner;
    auto& wants = objects[key];
    const auto at = std::lower_bound(
        wants.begin(), wants.end(), owner,
        [](const auto& want, const std::string& name) { return want.first < name; });
    // The same object twice is one.
    if (at != wants.end() && at->first == owner) continue;
    wants.emplace(at, owner, std::move(object));
    owned.push_back(key);
  }
}

template <typename T, typename Key>
void ObjectOwners::Kind<T, Key>::take(ObjectEdits<T, Key>& out) {
  for (const auto& [key, old] : before) {
    const auto found = objects.find(key);
    if (found == objects.end()) {
      if (old) out.removals.push_back(key);
    } else if (!old || *old != found->second.front().second) {
      out.upserts.push_back(found->second.front().second);
    }
  }
  before.clear();
}

void ObjectOwners::set(const std::string& owner, StateChange wanted) {
  each(*this, [&](auto& kind, auto member) {
    kind.remove(owner);
    kind.add(owner, std::move((wanted.*member).upserts));
  });
}

StateChange ObjectOwners::take() {
  StateChange out;
  each(*this, [&](auto& kind, auto member) { kind.take(out.*member); });
  return out;
}

StateChange ObjectOwners::all() const {
  StateChange out;
  each(*this, [&](const auto& kind, auto member) {
    for (const auto& [key, wants] : kind.objects)
      (out.*member).upserts.push_back(wants.front().second);
  });
  return out;
}

std::vector<std::string> ObjectOwners::lost(const std::string& owner) const {
  std::vector<std::string> out;
  each(*this, [&](const auto& kind, auto member) {
    const auto owned = kind.keys.find(owner);
    if (owned == kind.keys.end()) return;
    for (const auto& key : owned->second) {
      const auto& first = kind.objects.at(key).front();
      const auto& own = *std::find_if(kind.objects.at(key).begin(), kind.objects.at(key).end(),
                                      [&](const auto& want) { return want.first == owner; });
      // Two who want the same do not get in each other's way.
      auto same = own.second;
      same.origin = first.second.origin;
      if (first.first == owner || same == first.second) continue;
      out.push_back(
          name_of(key, std::is_same_v<decltype(member), decltype(&StateChange::local_sids)>) +
          " belongs to " + first.first);
    }
  });
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace sextant::k8s
