// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// NeighborTable: transitions of RFC 4861 section 7.3 and appendix C.
#include "neighbor_table.hpp"

#include <algorithm>
#include <limits>

namespace sextant {

namespace {

constexpr bool has_mac(NeighborState state) {
  return state != NeighborState::kIncomplete && state != NeighborState::kFailed;
}

constexpr bool is_idle(NeighborState state) {
  return state == NeighborState::kStale || state == NeighborState::kFailed;
}

}  // namespace

std::string_view name_of(NeighborState state) {
  switch (state) {
    case NeighborState::kIncomplete: return "incomplete";
    case NeighborState::kReachable: return "reachable";
    case NeighborState::kStale: return "stale";
    case NeighborState::kDelay: return "delay";
    case NeighborState::kProbe: return "probe";
    case NeighborState::kFailed: return "failed";
    case NeighborState::kPermanent: return "permanent";
  }
  return "unknown";
}

NeighborTable::NeighborTable(const NeighborSettings& settings) : settings_(settings) {}

void NeighborTable::send(const NeighborKey& key, HeldPacket packet, bool for_forwarding,
                         std::uint64_t now_ns) {
  now_ = now_ns;
  const auto found = entries_.find(key);
  const bool resolved = found != entries_.end() && has_mac(found->second.state);
  if (!resolved) {
    const bool pending =
        found != entries_.end() && found->second.state == NeighborState::kIncomplete;
    if (!pending && unresolved_ >= settings_.max_unresolved) {
      act(NeighborAction::Kind::kRefuse, key, {}, packet);
      return;
    }
    Entry* entry = found != entries_.end() ? &found->second : create(key);
    if (entry == nullptr) {
      act(NeighborAction::Kind::kRefuse, key, {}, packet);
      return;
    }
    entry->in_use = entry->in_use || for_forwarding;
    hold(key, *entry, packet);
    if (!pending) start(key, *entry);
    return;
  }
  Entry& entry = found->second;
  if (for_forwarding) use(key, entry);
  act(NeighborAction::Kind::kRelease, key, entry.mac, packet);
  if (entry.state == NeighborState::kStale) enter(key, entry, NeighborState::kDelay);
}

void NeighborTable::learned(const NeighborKey& key, const MacAddress& mac, bool create_unknown,
                            std::uint64_t now_ns) {
  now_ = now_ns;
  const auto found = entries_.find(key);
  Entry* entry = found != entries_.end() ? &found->second : nullptr;
  if (entry == nullptr && create_unknown) entry = create(key);
  if (entry == nullptr || entry->state == NeighborState::kPermanent) return;
  if (has_mac(entry->state) && entry->mac == mac) return;
  resolve(key, *entry, mac, false);
}

void NeighborTable::advertised(const NeighborKey& key, const NeighborAdvertised& what,
                               std::uint64_t now_ns) {
  now_ = now_ns;
  const auto found = entries_.find(key);
  if (found == entries_.end()) return;
  Entry& entry = found->second;
  switch (entry.state) {
    case NeighborState::kPermanent:
    case NeighborState::kFailed: return;
    case NeighborState::kIncomplete:
      if (!what.mac) return;
      entry.router = what.router;
      resolve(key, entry, *what.mac, what.solicited);
      return;
    default: break;
  }
  const bool other_mac = what.mac && *what.mac != entry.mac;
  if (other_mac && !what.override_flag) {
    // RFC 4861 7.2.5 I: the cached address is doubted, nothing else is taken over.
    if (entry.state == NeighborState::kReachable) suspect(key, entry);
    return;
  }
  entry.router = what.router;
  if (other_mac) {
    resolve(key, entry, *what.mac, what.solicited);
  } else if (what.solicited) {
    enter(key, entry, NeighborState::kReachable);
  }
}

void NeighborTable::set_permanent(const NeighborKey& key, const MacAddress& mac) {
  Entry& entry = entries_[key];
  if (entry.state == NeighborState::kPermanent && entry.mac == mac) return;
  resolve(key, entry, mac, false);
  enter(key, entry, NeighborState::kPermanent);
}

void NeighborTable::clear_permanent(const NeighborKey& key) {
  const auto found = entries_.find(key);
  if (found == entries_.end() || found->second.state != NeighborState::kPermanent) return;
  remove(key);
}

void NeighborTable::configure(const NeighborKey& key) {
  configured_.insert(key);
  const auto found = entries_.find(key);
  if (found == entries_.end()) return;
  use(key, found->second);
  if (found->second.state == NeighborState::kStale) {
    enter(key, found->second, NeighborState::kDelay);
  }
}

void NeighborTable::disuse(const NeighborKey& key) {
  const auto found = entries_.find(key);
  if (found != entries_.end()) found->second.in_use = false;
}

void NeighborTable::remove(const NeighborKey& key) {
  const auto found = entries_.find(key);
  if (found == entries_.end()) return;
  give_up_held(key, found->second);
  if (found->second.in_use && has_mac(found->second.state)) {
    act(NeighborAction::Kind::kUnresolved, key);
  }
  erase(key);
}

void NeighborTable::tick(std::uint64_t now_ns) {
  now_ = now_ns;
  for (Timers* timers : {&timers_, &idle_}) {
    // A timer that is started again lies in the future, so this ends.
    while (!timers->empty() && timers->begin()->first <= now_ns) {
      const NeighborKey key = timers->begin()->second;
      expire(key);
    }
  }
}

std::uint64_t NeighborTable::next_deadline() const {
  std::uint64_t next = std::numeric_limits<std::uint64_t>::max();
  if (!timers_.empty()) next = timers_.begin()->first;
  if (!idle_.empty()) next = std::min(next, idle_.begin()->first);
  return next;
}

std::vector<NeighborAction> NeighborTable::take_actions() {
  return std::exchange(actions_, {});
}

std::vector<HeldPacket> NeighborTable::clear() {
  std::vector<HeldPacket> out;
  for (const NeighborAction& action : actions_) {
    if (action.packet.packet != nullptr) out.push_back(action.packet);
  }
  for (const auto& [key, entry] : entries_) {
    out.insert(out.end(), entry.held.begin(), entry.held.end());
  }
  actions_.clear();
  entries_.clear();
  timers_.clear();
  idle_.clear();
  unresolved_ = permanent_ = 0;
  return out;
}

std::optional<NeighborInfo> NeighborTable::find(const NeighborKey& key) const {
  const auto found = entries_.find(key);
  if (found == entries_.end()) return std::nullopt;
  const Entry& entry = found->second;
  return NeighborInfo{key,          entry.state,       entry.mac,  entry.router,
                      entry.in_use, entry.held.size(), entry.since};
}

std::vector<NeighborInfo> NeighborTable::list() const {
  std::vector<NeighborInfo> out;
  out.reserve(entries_.size());
  for (const auto& [key, entry] : entries_)
    out.push_back(*find(key));
  return out;
}

// A new entry without a timer; the caller enters another state at once. Null when there is no room.
NeighborTable::Entry* NeighborTable::create(const NeighborKey& key) {
  if (entries_.size() - permanent_ >= settings_.max_neighbors && !make_room()) return nullptr;
  Entry& entry = entries_[key];
  entry.in_use = configured_.contains(key);
  return &entry;
}

bool NeighborTable::make_room() {
  if (idle_.empty()) return false;
  erase(NeighborKey(idle_.begin()->second));
  return true;
}

void NeighborTable::start(const NeighborKey& key, Entry& entry) {
  enter(key, entry, NeighborState::kIncomplete);
  entry.probes = 1;
  act(NeighborAction::Kind::kSolicitMulticast, key);
}

void NeighborTable::enter(const NeighborKey& key, Entry& entry, NeighborState state) {
  timers_of(entry.state).erase({entry.deadline, key});
  if (entry.state == NeighborState::kIncomplete) --unresolved_;
  if (state == NeighborState::kIncomplete) ++unresolved_;
  if (entry.state == NeighborState::kPermanent && state != NeighborState::kPermanent) --permanent_;
  if (entry.state != NeighborState::kPermanent && state == NeighborState::kPermanent) ++permanent_;
  if (entry.state != state) entry.since = now_;
  entry.state = state;
  entry.probes = 0;
  if (state == NeighborState::kPermanent) return;
  entry.deadline = now_ + lifetime_of(state);
  timers_of(state).insert({entry.deadline, key});
}

// Takes over a MAC address: from now on packets can be sent to it.
void NeighborTable::resolve(const NeighborKey& key, Entry& entry, const MacAddress& mac,
                            bool reachable) {
  entry.mac = mac;
  const bool had_packets = !entry.held.empty();
  if (entry.in_use) act(NeighborAction::Kind::kResolved, key, mac);
  for (const HeldPacket& packet : entry.held) {
    act(NeighborAction::Kind::kRelease, key, mac, packet);
  }
  entry.held.clear();
  if (entry.state == NeighborState::kPermanent) return;
  if (reachable) {
    enter(key, entry, NeighborState::kReachable);
  } else if (entry.in_use || had_packets) {
    enter(key, entry, NeighborState::kDelay);
  } else {
    enter(key, entry, NeighborState::kStale);
  }
}

// The MAC address may be wrong: STALE, or what follows it when packets are being sent.
void NeighborTable::suspect(const NeighborKey& key, Entry& entry) {
  enter(key, entry, entry.in_use ? NeighborState::kDelay : NeighborState::kStale);
}

void NeighborTable::fail(const NeighborKey& key, Entry& entry) {
  give_up_held(key, entry);
  if (entry.in_use && has_mac(entry.state)) act(NeighborAction::Kind::kUnresolved, key);
  entry.in_use = configured_.contains(key);
  entry.mac = {};
  enter(key, entry, NeighborState::kFailed);
}

void NeighborTable::use(const NeighborKey& key, Entry& entry) {
  if (entry.in_use) return;
  entry.in_use = true;
  if (has_mac(entry.state)) act(NeighborAction::Kind::kResolved, key, entry.mac);
}

void NeighborTable::expire(const NeighborKey& key) {
  Entry& entry = entries_.at(key);
  const auto ask = [&](NeighborAction::Kind kind, NeighborState state) {
    const unsigned probes = entry.state == state ? entry.probes + 1 : 1;
    if (probes > settings_.max_probes) return fail(key, entry);
    enter(key, entry, state);
    entry.probes = probes;
    act(kind, key, entry.mac);
  };
  switch (entry.state) {
    case NeighborState::kIncomplete:
      ask(NeighborAction::Kind::kSolicitMulticast, NeighborState::kIncomplete);
      break;
    case NeighborState::kReachable:
      if (!entry.in_use) {
        enter(key, entry, NeighborState::kStale);
        break;
      }
      [[fallthrough]];
    case NeighborState::kDelay:
    case NeighborState::kProbe:
      ask(NeighborAction::Kind::kSolicitUnicast, NeighborState::kProbe);
      break;
    case NeighborState::kStale:
    case NeighborState::kFailed:
    case NeighborState::kPermanent: remove(key); break;
  }
}

void NeighborTable::erase(const NeighborKey& key) {
  const auto found = entries_.find(key);
  timers_of(found->second.state).erase({found->second.deadline, key});
  if (found->second.state == NeighborState::kIncomplete) --unresolved_;
  if (found->second.state == NeighborState::kPermanent) --permanent_;
  entries_.erase(found);
}

void NeighborTable::hold(const NeighborKey& key, Entry& entry, HeldPacket packet) {
  entry.held.push_back(packet);
  if (entry.held.size() <= settings_.hold_packets) return;
  // The newest packets are the ones that somebody still waits for (RFC 4861 section 7.2.2).
  act(NeighborAction::Kind::kRefuse, key, {}, entry.held.front());
  entry.held.pop_front();
}

void NeighborTable::give_up_held(const NeighborKey& key, Entry& entry) {
  for (const HeldPacket& packet : entry.held) {
    act(NeighborAction::Kind::kUnreachable, key, {}, packet);
  }
  entry.held.clear();
}

void NeighborTable::act(NeighborAction::Kind kind, const NeighborKey& key, const MacAddress& mac,
                        HeldPacket packet) {
  actions_.push_back({kind, key, mac, packet});
}

NeighborTable::Timers& NeighborTable::timers_of(NeighborState state) {
  return is_idle(state) ? idle_ : timers_;
}

std::uint64_t NeighborTable::lifetime_of(NeighborState state) const {
  switch (state) {
    case NeighborState::kIncomplete:
    case NeighborState::kProbe: return settings_.retransmit_ns;
    case NeighborState::kReachable: return settings_.reachable_ns;
    case NeighborState::kDelay: return settings_.delay_ns;
    case NeighborState::kStale: return settings_.unused_ns;
    case NeighborState::kFailed: return settings_.failed_ns;
    case NeighborState::kPermanent: break;
  }
  return 0;
}

}  // namespace sextant
