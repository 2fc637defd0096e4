// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// MacLearning: learned addresses are added to what compile() has of the bridge.
#include "mac_learning.hpp"

#include <algorithm>
#include <cstring>

#include <sextant/net/headers.hpp>

namespace sextant {

namespace {

bool is_configured(const Bridge& bridge, const MacAddress& mac) {
  return std::any_of(bridge.macs.begin(), bridge.macs.end(),
                     [&](const Bridge::Mac& known) { return known.mac == mac; });
}

bool is_member(const Bridge& bridge, InterfaceId id) {
  return std::find(bridge.members.begin(), bridge.members.end(), id) != bridge.members.end();
}

}  // namespace

MacLearning::Outcome MacLearning::learn(BridgeId id, InterfaceId from,
                                        std::span<const std::uint8_t> frame, std::uint64_t now_ns) {
  EthernetHeader header;
  if (frame.size() < sizeof header) return Outcome::kMalformed;
  std::memcpy(static_cast<void*>(&header), frame.data(), sizeof header);
  const Bridge* bridge = view_.bridge(id);
  if (bridge == nullptr || !bridge->learning || !is_member(*bridge, from) ||
      header.source.is_multicast() || header.source.is_zero() ||
      is_configured(*bridge, header.source)) {
    return Outcome::kIgnored;
  }
  Macs& macs = bridges_[id];
  const auto found = macs.find(header.source);
  if (found != macs.end()) {
    found->second.expires = now_ns + age_ns_;
    if (found->second.interface == from) return Outcome::kKnown;
    found->second.interface = from;
    dirty_.insert(id);
    return Outcome::kMoved;
  }
  if (macs.size() >= max_per_bridge_) return Outcome::kRefused;
  macs.emplace(header.source, Learned{from, now_ns + age_ns_});
  next_deadline_ = std::min(next_deadline_, now_ns + age_ns_);
  dirty_.insert(id);
  return Outcome::kLearned;
}

void MacLearning::tick(std::uint64_t now_ns) {
  if (now_ns < next_deadline_) return;
  next_deadline_ = kNoDeadline;
  for (auto& [id, macs] : bridges_) {
    const auto old = [&](const auto& entry) { return entry.second.expires <= now_ns; };
    if (std::erase_if(macs, old) != 0) dirty_.insert(id);
    for (const auto& [mac, learned] : macs) {
      next_deadline_ = std::min(next_deadline_, learned.expires);
    }
  }
}

void MacLearning::rebase(const std::vector<BridgeId>& changed) {
  for (const BridgeId id : changed) {
    const auto at = bridges_.find(id);
    if (at == bridges_.end()) continue;
    const Bridge* bridge = view_.bridge(id);
    if (bridge == nullptr || !bridge->learning) {
      dirty_.erase(id);
      bridges_.erase(at);
      continue;
    }
    const std::size_t gone = std::erase_if(at->second, [&](const auto& entry) {
      return is_configured(*bridge, entry.first) || !is_member(*bridge, entry.second.interface);
    });
    if (gone != 0 || !at->second.empty()) dirty_.insert(id);
  }
}

void MacLearning::append_changes(TableDiff& out) const {
  for (const BridgeId id : dirty_) {
    if (const Bridge* bridge = view_.bridge(id)) {
      out.bridges.upserts.push_back(merged(*bridge, bridges_.at(id)));
    }
  }
}

void MacLearning::append_overlay(TableDiff& out) const {
  for (const auto& [id, macs] : bridges_) {
    const Bridge* bridge = view_.bridge(id);
    if (bridge != nullptr && !macs.empty()) out.bridges.upserts.push_back(merged(*bridge, macs));
  }
}

Bridge MacLearning::merged(const Bridge& configured, const Macs& learned) const {
  Bridge out = configured;
  for (const auto& [mac, where] : learned)
    out.macs.push_back({mac, false, where.interface, false});
  std::sort(out.macs.begin(), out.macs.end(),
            [](const Bridge::Mac& a, const Bridge::Mac& b) { return a.mac < b.mac; });
  return out;
}

}  // namespace sextant
