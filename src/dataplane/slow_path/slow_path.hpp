// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// SlowPath: what the control thread does with packets that lcores punt, and what it sends itself.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <vector>

#include <sextant/tables/table_publisher.hpp>

#include "dataplane/punt.hpp"
#include "neighbor_table.hpp"

namespace sextant {

// Where the slow path's packets go. Every call hands the mbuf over: the callee sends or frees it.
class SlowPathOutput {
 public:
  virtual ~SlowPathOutput() = default;

  // A whole Ethernet frame, 802.1Q tag of a sub-interface included, to the port of the interface.
  virtual void send_frame(InterfaceId interface, rte_mbuf* frame) = 0;
  // An IP packet without link-layer header that this node made: forward_injected().
  virtual void inject(TableId table, rte_mbuf* packet) = 0;
  // A held IP packet whose next hop is resolved in the tables by now: dispatched again with the
  // adjacency as its result; complete but for the link-layer header. PuntInfo is as punted.
  virtual void resend(AdjacencyId adjacency, rte_mbuf* packet) = 0;
  // An IP packet for an own address that the forwarder does not serve: to the exception interface
  // of the table; without one drop it as local_protocol_unserved.
  virtual void to_exception(TableId table, rte_mbuf* packet) = 0;
  // A packet that ends here: count it under the reason and free it.
  virtual void count_drop(DropReason reason, rte_mbuf* packet) = 0;
};

struct SlowPathSettings {
  NeighborSettings neighbors;  // hold queue, timers, bounds
  std::size_t max_macs_per_bridge = 4096;
  std::uint64_t mac_age_ns = 300'000'000'000;
  std::uint32_t echo_replies_per_second = 1000;
  std::uint32_t echo_reply_burst = 200;
  std::uint64_t seed = 0;  // of the spread of periodic router advertisements
};

// For people and metrics; packets that ended here are counted by count_drop() instead.
struct SlowPathStats {
  std::uint64_t arp_requests_sent = 0;
  std::uint64_t arp_replies_sent = 0;
  std::uint64_t solicitations_sent = 0;
  std::uint64_t advertisements_sent = 0;
  std::uint64_t router_advertisements_sent = 0;
  std::uint64_t redirects_ignored = 0;
  std::uint64_t echo_replies = 0;
  std::uint64_t errors_sent = 0;
  std::uint64_t errors_relayed = 0;
  std::uint64_t errors_suppressed = 0;  // by the rate limit
  std::uint64_t macs_learned = 0;
  std::uint64_t mac_moves = 0;
  std::uint64_t macs_refused = 0;  // bridge full
  std::uint64_t no_mbuf = 0;       // packets not made
  std::uint64_t publish_failures = 0;
};

// Control thread only. Knows no clock: now_ns is monotonic and given by the caller, so that the
// same calls give the same packets.
class SlowPath {
 public:
  static constexpr std::uint64_t kNever = std::numeric_limits<std::uint64_t>::max();

  // pool: for packets that it makes; publisher and output outlive it.
  SlowPath(TablePublisher& publisher, SlowPathOutput& output, rte_mempool* pool,
           const SlowPathSettings& settings = {});
  ~SlowPath();
  SlowPath(const SlowPath&) = delete;
  SlowPath& operator=(const SlowPath&) = delete;

  // Publishes a change of compile()'s tables together with what it means for what was learned, as
  // one generation: a next hop that is known stays resolved when compile() gives it an adjacency or
  // takes it away. Costs what the change costs. On error nothing changed.
  Result<Generation> publish(const TableDiff& change);

  // Forgets the neighbors behind a port, permanent ones excepted: who is there now may have other
  // MAC addresses. They are solicited with the next packet.
  void forget_neighbors(PortIndex port);

  // A punted packet with PuntInfo; takes it over. Call tick() after a batch of them: what the batch
  // taught is published then, in one change, and held packets go out behind it.
  void handle(rte_mbuf* punted, std::uint64_t now_ns);

  // Publishes what was learned, releases held packets, runs timers.
  void tick(std::uint64_t now_ns);

  // When tick() has to be called: 0 when at once, kNever when not before the next handle().
  [[nodiscard]] std::uint64_t next_deadline() const;

  // What was learned, as a change to compile()'s tables: already published by this class.
  [[nodiscard]] TableDiff overlay() const;

  // Sorted by interface and address.
  [[nodiscard]] std::vector<NeighborInfo> neighbors() const;
  [[nodiscard]] const SlowPathStats& stats() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sextant
