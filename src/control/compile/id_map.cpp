// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// IdAllocator: known keys keep their ids, new keys get the lowest free ones.
#include "control/compile/id_map.hpp"

#include <algorithm>

namespace sextant {

namespace {

std::size_t at(IdKind kind) {
  return static_cast<std::size_t>(kind);
}

}  // namespace

IdAllocator::IdAllocator(const IdMap& previous) : previous_(&previous) {
  for (std::size_t k = 0; k < kIdKinds; ++k)
    current_.ids[k].reserve(previous.ids[k].size());
  fill_spaces(previous);
}

void IdAllocator::fill_spaces(const IdMap& taken) {
  for (std::size_t k = 0; k < kIdKinds; ++k) {
    std::vector<std::uint32_t> used;
    used.reserve(taken.ids[k].size());
    for (const auto& [key, id] : taken.ids[k])
      used.push_back(id);
    std::sort(used.begin(), used.end());
    spaces_[k] = {};
    std::uint32_t& end = spaces_[k].end;
    for (const std::uint32_t id : used) {
      while (end < id)
        spaces_[k].gaps.insert(spaces_[k].gaps.end(), end++);
      end = id + 1;
    }
  }
}

std::uint32_t IdAllocator::id(IdKind kind, const std::string& key) {
  const auto [slot, fresh] = current_.ids[at(kind)].try_emplace(key, 0);
  if (!fresh) return slot->second;
  if (previous_ != nullptr) {
    const IdMap::Keys& known = previous_->ids[at(kind)];
    if (const auto found = known.find(key); found != known.end()) {
      return slot->second = found->second;
    }
  } else {
    IdMap::Keys& gone = gone_.ids[at(kind)];
    if (const auto found = gone.find(key); found != gone.end()) {
      slot->second = found->second;
      gone.erase(found);
      steps_.push_back({Step::What::kRevived, kind, key, slot->second});
      return slot->second;
    }
  }
  Space& space = spaces_[at(kind)];
  if (space.gaps.empty()) {
    slot->second = space.end++;
  } else {
    slot->second = *space.gaps.begin();
    space.gaps.erase(space.gaps.begin());
  }
  if (previous_ == nullptr) steps_.push_back({Step::What::kNew, kind, key, slot->second});
  return slot->second;
}

std::optional<std::uint32_t> IdAllocator::find(IdKind kind, const std::string& key) const {
  const IdMap::Keys& keys = current_.ids[at(kind)];
  const auto found = keys.find(key);
  if (found == keys.end()) return std::nullopt;
  return found->second;
}

void IdAllocator::release(IdKind kind, const std::string& key) {
  IdMap::Keys& keys = current_.ids[at(kind)];
  const auto found = keys.find(key);
  if (found == keys.end()) return;
  steps_.push_back({Step::What::kReleased, kind, key, found->second});
  gone_.ids[at(kind)].emplace(key, found->second);
  keys.erase(found);
}

void IdAllocator::settle() {
  if (previous_ != nullptr) {
    previous_ = nullptr;
    fill_spaces(current_);
    return;
  }
  for (std::size_t k = 0; k < kIdKinds; ++k) {
    for (const auto& [key, id] : gone_.ids[k])
      spaces_[k].gaps.insert(id);
    gone_.ids[k].clear();
  }
  steps_.clear();
}

void IdAllocator::undo() {
  for (auto step = steps_.rbegin(); step != steps_.rend(); ++step) {
    const std::size_t k = at(step->kind);
    switch (step->what) {
      case Step::What::kNew:
        current_.ids[k].erase(step->key);
        spaces_[k].gaps.insert(step->id);
        break;
      case Step::What::kRevived:
        current_.ids[k].erase(step->key);
        gone_.ids[k].emplace(step->key, step->id);
        break;
      case Step::What::kReleased:
        gone_.ids[k].erase(step->key);
        current_.ids[k].emplace(step->key, step->id);
        break;
    }
  }
  steps_.clear();
}

}  // namespace sextant
