// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Which object counts, before and after a change.
#include "control/model/state_layers.hpp"

#include <unordered_set>
#include <utility>
#include <vector>

namespace sextant {

namespace {

std::string place(const Origin& origin) {
  std::string out = origin.where.file;
  if (origin.where.line > 0) out += ":" + std::to_string(origin.where.line);
  return out;
}

template <typename T, typename Key>
std::string label(const T& object, const Key& key) {
  if constexpr (std::is_same_v<T, DesiredRoute> || std::is_same_v<T, DesiredLocalSid>) {
    const char* const what = std::is_same_v<T, DesiredRoute> ? "the route to " : "the SID ";
    return what + std::get<1>(key).to_string();
  } else {
    return "the " + name_of_key(key_of(object));
  }
}

}  // namespace

template <typename T, typename Key>
const T* StateLayers::Objects<T, Key>::winner(const Key& key) const {
  if (base.contains(key)) return nullptr;
  for (const auto& layer : layers) {
    const auto found = layer.find(key);
    if (found != layer.end() && !found->second.origin.broken) return &found->second;
  }
  return nullptr;
}

template <typename T, typename Key>
void StateLayers::Objects<T, Key>::change(std::size_t layer, ObjectEdits<T, Key>& edits,
                                          ObjectEdits<T, Key>& out) {
  std::unordered_map<Key, bool, KeyHash> there;  // before the change
  std::vector<Key> order;
  const auto remember = [&](const Key& key) {
    if (there.emplace(key, winner(key) != nullptr).second) order.push_back(key);
  };
  for (const Key& key : edits.removals) {
    remember(key);
    layers[layer].erase(key);
  }
  for (T& object : edits.upserts) {
    const Key key = key_of(object);
    remember(key);
    layers[layer].insert_or_assign(key, std::move(object));
  }
  for (const Key& key : order) {
    if (const T* now = winner(key)) {
      out.upserts.push_back(*now);
    } else if (there.at(key)) {
      out.removals.push_back(key);
    }
  }
}

template <typename T, typename Key>
void StateLayers::Objects<T, Key>::compare(const Key& key, const T& object,
                                           Diagnostics& found) const {
  const auto there = base.find(key);
  if (there == base.end()) return;
  found.warning(object.origin.where, object.origin.field,
                label(object, key) + " stands in " + place(there->second->origin) +
                    ", too, and stays as it is there");
}

void StateLayers::set_base(DesiredState base) {
  base_ = std::move(base);
  each(*this, [&](auto& objects, auto member, auto) {
    objects.base.clear();
    for (const auto& object : base_.*member)
      objects.base.emplace(key_of(object), &object);
  });
}

DesiredState StateLayers::compose(DesiredState base, std::size_t layers) const {
  each(*this, [&](const auto& objects, auto member, auto) {
    using Key = typename std::decay_t<decltype(objects.base)>::key_type;
    std::unordered_set<Key, KeyHash> taken;
    for (const auto& object : base.*member)
      taken.insert(key_of(object));
    for (std::size_t layer = 0; layer < layers; ++layer) {
      for (const auto& [key, object] : objects.layers[layer]) {
        if (!object.origin.broken && taken.insert(key).second) (base.*member).push_back(object);
      }
    }
  });
  return base;
}

StateChange StateLayers::change(StateLayer layer, StateChange change, Diagnostics& found) {
  StateChange out;
  each(*this, [&](auto& objects, auto, auto member) {
    for (const auto& object : (change.*member).upserts)
      objects.compare(key_of(object), object, found);
    objects.change(static_cast<std::size_t>(layer), change.*member, out.*member);
  });
  return out;
}

Diagnostics StateLayers::conflicts() const {
  Diagnostics out;
  each(*this, [&](const auto& objects, auto, auto) {
    for (const auto& layer : objects.layers) {
      for (const auto& [key, object] : layer)
        objects.compare(key, object, out);
    }
  });
  return out;
}

std::set<std::string> StateLayers::leave_out(const std::set<std::string>& owners) {
  std::set<std::string> out;
  each(*this, [&](auto& objects, auto, auto) {
    for (auto& layer : objects.layers) {
      for (auto& [key, object] : layer) {
        const std::string& owner = object.origin.where.file;
        if (object.origin.broken || !owners.contains(owner)) continue;
        object.origin.broken = true;
        out.insert(owner);
      }
    }
  });
  return out;
}

void StateLayers::forgive() {
  each(*this, [](auto& objects, auto, auto) {
    for (auto& layer : objects.layers) {
      for (auto& [key, object] : layer)
        object.origin.broken = false;
    }
  });
}

std::set<std::string> StateLayers::left_out() const {
  std::set<std::string> out;
  each(*this, [&](const auto& objects, auto, auto) {
    for (const auto& layer : objects.layers) {
      for (const auto& [key, object] : layer) {
        if (object.origin.broken) out.insert(object.origin.where.file);
      }
    }
  });
  return out;
}

}  // namespace sextant
