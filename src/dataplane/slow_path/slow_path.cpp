// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// SlowPath: hands punted packets to their part and publishes what the parts learned.
#include "slow_path.hpp"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "slow_path_impl.hpp"

namespace sextant {

namespace {

constexpr std::uint64_t kPublishRetry = 1'000'000'000;

// The destination of an IP packet at the start of the mbuf; nothing when it is not there as a
// whole.
std::optional<IpAddress> destination_of(const rte_mbuf* packet) {
  const Bytes start = copy_bytes(packet, sizeof(Ipv6Header));
  if (start.empty()) return std::nullopt;
  if (start[0] >> 4 == 6) {
    const auto ip = read_header<Ipv6Header>(start);
    if (ip) return IpAddress(ip->destination);
  } else if (start[0] >> 4 == 4) {
    const auto ip = read_header<Ipv4Header>(start);
    if (ip) return IpAddress(ip->destination);
  }
  return std::nullopt;
}

// One change of both. What was learned overlays compile()'s object of the same id, and an id stands
// in one place of a change only.
template <typename T>
void overlay_objects(ObjectChanges<T>& on, ObjectChanges<T> learned) {
  if (learned.empty()) return;
  std::unordered_map<std::uint32_t, std::size_t> upserts;
  for (std::size_t i = 0; i < on.upserts.size(); ++i)
    upserts.emplace(on.upserts[i].id, i);
  std::unordered_set<std::uint32_t> wanted;
  for (T& object : learned.upserts) {
    wanted.insert(object.id);
    const auto found = upserts.find(object.id);
    if (found == upserts.end()) {
      on.upserts.push_back(std::move(object));
    } else {
      on.upserts[found->second] = std::move(object);
    }
  }
  std::erase_if(on.removals, [&](std::uint32_t id) { return wanted.contains(id); });
  const std::unordered_set<std::uint32_t> gone(on.removals.begin(), on.removals.end());
  for (const std::uint32_t id : learned.removals) {
    if (!gone.contains(id) && !upserts.contains(id)) on.removals.push_back(id);
  }
}

TableDiff merge(TableDiff change, TableDiff learned) {
  overlay_objects(change.adjacencies, std::move(learned.adjacencies));
  overlay_objects(change.bridges, std::move(learned.bridges));
  change.fib_upserts.insert(change.fib_upserts.end(), learned.fib_upserts.begin(),
                            learned.fib_upserts.end());
  change.fib_removals.insert(change.fib_removals.end(), learned.fib_removals.begin(),
                             learned.fib_removals.end());
  return change;
}

bool is_host(const IpAddress& address) {
  if (address.is_v6()) return !address.v6.is_multicast() && !address.v6.is_unspecified();
  return !address.v4.is_multicast() && !address.v4.is_reserved() && !address.v4.is_unspecified();
}

}  // namespace

SlowPath::Impl::Impl(TablePublisher& publisher, SlowPathOutput& output, rte_mempool* pool,
                     const SlowPathSettings& settings)
    : publisher_(publisher),
      output_(output),
      pool_(pool),
      settings_(settings),
      neighbors_(settings.neighbors),
      learned_(view_),
      macs_(view_, settings.max_macs_per_bridge, settings.mac_age_ns),
      advertiser_(view_, settings.seed) {}

SlowPath::Impl::~Impl() {
  for (const HeldPacket& held : neighbors_.clear())
    rte_pktmbuf_free(held.packet);
  for (const Ready& ready : ready_)
    rte_pktmbuf_free(ready.packet.packet);
}

Result<Generation> SlowPath::Impl::publish(const TableDiff& change) {
  if (const Status status = publisher_.check(change); !status) return status.error();
  absorb(change);
  TableDiff learned;
  learned_.append_changes(learned);
  macs_.append_changes(learned);
  auto published = learned.empty() ? publisher_.publish(change)
                                   : publisher_.publish(merge(change, std::move(learned)));
  if (published) {
    learned_.commit();
    macs_.commit();
    retry_at_ = 0;
  } else {
    // What was learned must not keep back what is configured; it is tried again later.
    ++stats_.publish_failures;
    retry_at_ = now_ + kPublishRetry;
    published = publisher_.publish(change);
  }
  flush();
  return published;
}

// Neighbors first: what they lose or gain is an action that the learned state has to know.
void SlowPath::Impl::absorb(const TableDiff& change) {
  const TableChanges changes = view_.apply(change);
  for (const NeighborKey& key : changes.next_hops)
    configure(key);
  const bool interfaces_gone =
      std::any_of(changes.interfaces.begin(), changes.interfaces.end(),
                  [&](InterfaceId id) { return view_.interface(id) == nullptr; });
  if (interfaces_gone) {
    for (const NeighborInfo& neighbor : neighbors_.list()) {
      if (view_.interface(neighbor.key.interface) == nullptr) neighbors_.remove(neighbor.key);
    }
  }
  run_actions();
  for (const NeighborKey& key : learned_.rebase(changes))
    neighbors_.disuse(key);
  macs_.rebase(changes.bridges);
  if (!changes.interfaces.empty()) advertiser_.rebase();
}

void SlowPath::Impl::configure(const NeighborKey& key) {
  const Adjacency* adjacency = view_.adjacency_of(key);
  if (adjacency == nullptr) {
    neighbors_.unconfigure(key);
    neighbors_.clear_permanent(key);
  } else if (adjacency->permanent && adjacency->resolved) {
    neighbors_.unconfigure(key);
    neighbors_.set_permanent(key, adjacency->mac);
  } else {
    neighbors_.clear_permanent(key);
    neighbors_.configure(key);
  }
}

void SlowPath::Impl::forget_neighbors(PortIndex port) {
  for (const NeighborInfo& neighbor : neighbors_.list()) {
    const Interface* interface = view_.interface(neighbor.key.interface);
    if (interface == nullptr || interface->port != port) continue;
    if (neighbor.state != NeighborState::kPermanent) neighbors_.remove(neighbor.key);
  }
  run_actions();
  flush();
}

void SlowPath::Impl::handle(rte_mbuf* punted, std::uint64_t now_ns) {
  now_ = now_ns;
  const PuntInfo info = PuntInfo::load(punted);
  switch (info.reason) {
    case PuntReason::kLocal: handle_local(info, punted); break;
    case PuntReason::kArp: handle_arp(info, punted); break;
    case PuntReason::kResolve:
    case PuntReason::kGlean: handle_next_hop(info, punted); break;
    case PuntReason::kLearn: handle_learn(info, punted); break;
    default: output_.count_drop(DropReason::lookup_stale_result, punted); break;
  }
  run_actions();
}

void SlowPath::Impl::tick(std::uint64_t now_ns) {
  now_ = now_ns;
  neighbors_.tick(now_ns);
  macs_.tick(now_ns);
  for (const InterfaceId id : advertiser_.tick(now_ns)) {
    advertise_router(*view_.interface(id), kAllNodes, multicast_mac(kAllNodes));
  }
  run_actions();
  flush();
}

std::uint64_t SlowPath::Impl::next_deadline() const {
  if (!ready_.empty() || neighbors_.has_actions()) return 0;
  std::uint64_t next = std::min(neighbors_.next_deadline(), advertiser_.next_deadline());
  if (learned_.dirty() || macs_.dirty()) next = std::min(next, retry_at_);
  return std::min(next, macs_.next_deadline());
}

TableDiff SlowPath::Impl::overlay() const {
  TableDiff out;
  learned_.append_overlay(out);
  macs_.append_overlay(out);
  return out;
}

void SlowPath::Impl::handle_next_hop(const PuntInfo& info, rte_mbuf* packet) {
  NeighborKey key;
  if (info.reason == PuntReason::kResolve) {
    const auto known = learned_.key_of(info.object);
    if (!known) return output_.count_drop(DropReason::lookup_stale_result, packet);
    key = *known;
  } else {
    const auto destination = destination_of(packet);
    if (!destination || !is_host(*destination)) {
      return output_.count_drop(DropReason::neighbor_unresolved, packet);
    }
    key = {static_cast<InterfaceId>(info.object), *destination};
  }
  if (info.object > kNoInterface && info.reason == PuntReason::kGlean) {
    return output_.count_drop(DropReason::lookup_stale_result, packet);
  }
  if (view_.interface(key.interface) == nullptr) {
    return output_.count_drop(DropReason::lookup_stale_result, packet);
  }
  neighbors_.send(key, {packet, false}, true, now_);
}

void SlowPath::Impl::handle_learn(const PuntInfo& info, rte_mbuf* frame) {
  const Bytes header = copy_bytes(frame, sizeof(EthernetHeader));
  switch (macs_.learn(info.object, info.rx_interface, header, now_)) {
    case MacLearning::Outcome::kLearned: ++stats_.macs_learned; break;
    case MacLearning::Outcome::kMoved: ++stats_.mac_moves; break;
    case MacLearning::Outcome::kRefused: ++stats_.macs_refused; break;
    case MacLearning::Outcome::kKnown:
    case MacLearning::Outcome::kIgnored: break;
    case MacLearning::Outcome::kMalformed:
      return output_.count_drop(DropReason::parse_ethernet_truncated, frame);
  }
  rte_pktmbuf_free(frame);
}

// An action may cause others: an error about a packet may have to wait for a neighbor itself.
void SlowPath::Impl::run_actions() {
  while (neighbors_.has_actions()) {
    for (const NeighborAction& action : neighbors_.take_actions())
      run_action(action);
  }
}

void SlowPath::Impl::run_action(const NeighborAction& action) {
  switch (action.kind) {
    case NeighborAction::Kind::kSolicitMulticast: solicit(action.key, std::nullopt); break;
    case NeighborAction::Kind::kSolicitUnicast: solicit(action.key, action.mac); break;
    case NeighborAction::Kind::kResolved: learned_.resolve(action.key, action.mac); break;
    case NeighborAction::Kind::kUnresolved: learned_.lose(action.key); break;
    case NeighborAction::Kind::kRelease:
      ready_.push_back({action.key, action.mac, action.packet});
      break;
    case NeighborAction::Kind::kRefuse:
      output_.count_drop(DropReason::neighbor_hold_queue_full, action.packet.packet);
      break;
    case NeighborAction::Kind::kUnreachable:
      if (!action.packet.own) report_unreachable(action.key, action.packet.packet);
      output_.count_drop(DropReason::neighbor_unresolved, action.packet.packet);
      break;
  }
}

void SlowPath::Impl::flush() {
  const bool published = publish_learned();
  for (const Ready& ready : std::exchange(ready_, {})) {
    // Without the publication forwarding would only hand it back.
    if (published || ready.packet.own) {
      send_ready(ready);
    } else {
      output_.count_drop(DropReason::neighbor_unresolved, ready.packet.packet);
    }
  }
}

bool SlowPath::Impl::publish_learned() {
  if (!learned_.dirty() && !macs_.dirty()) return true;
  if (now_ < retry_at_) return false;
  TableDiff change;
  learned_.append_changes(change);
  macs_.append_changes(change);
  if (!change.empty() && !publisher_.publish(change).ok()) {
    ++stats_.publish_failures;
    retry_at_ = now_ + kPublishRetry;
    return false;
  }
  learned_.commit();
  macs_.commit();
  retry_at_ = 0;
  return true;
}

void SlowPath::Impl::send_ready(const Ready& ready) {
  rte_mbuf* packet = ready.packet.packet;
  if (!ready.packet.own) {
    const auto adjacency = learned_.adjacency_of(ready.key);
    if (!adjacency) return output_.count_drop(DropReason::lookup_stale_result, packet);
    return output_.resend(*adjacency, packet);
  }
  const Interface* interface = view_.interface(ready.key.interface);
  if (interface == nullptr) return output_.count_drop(DropReason::lookup_stale_result, packet);
  const std::uint16_t type = ready.key.address.is_v6() ? ether_type::kIpv6 : ether_type::kIpv4;
  if (!push_ethernet(packet, *interface, ready.mac, type)) {
    return output_.count_drop(DropReason::headend_no_headroom, packet);
  }
  output_.send_frame(interface->id, packet);
}

SlowPath::SlowPath(TablePublisher& publisher, SlowPathOutput& output, rte_mempool* pool,
                   const SlowPathSettings& settings)
    : impl_(std::make_unique<Impl>(publisher, output, pool, settings)) {}
SlowPath::~SlowPath() = default;

Result<Generation> SlowPath::publish(const TableDiff& change) {
  return impl_->publish(change);
}
void SlowPath::forget_neighbors(PortIndex port) {
  impl_->forget_neighbors(port);
}
void SlowPath::handle(rte_mbuf* punted, std::uint64_t now_ns) {
  impl_->handle(punted, now_ns);
}
void SlowPath::tick(std::uint64_t now_ns) {
  impl_->tick(now_ns);
}
std::uint64_t SlowPath::next_deadline() const {
  return impl_->next_deadline();
}
TableDiff SlowPath::overlay() const {
  return impl_->overlay();
}
std::vector<NeighborInfo> SlowPath::neighbors() const {
  return impl_->neighbors();
}
const SlowPathStats& SlowPath::stats() const {
  return impl_->stats();
}

}  // namespace sextant
