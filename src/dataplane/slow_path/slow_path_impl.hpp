// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// SlowPath::Impl: the parts of the slow path and what connects them.
#pragma once

#include <optional>
#include <vector>

#include "arp.hpp"
#include "dataplane/icmp_limiter.hpp"
#include "echo.hpp"
#include "error_relay.hpp"
#include "frame.hpp"
#include "learned_state.hpp"
#include "mac_learning.hpp"
#include "nd.hpp"
#include "router_advertiser.hpp"
#include "slow_path.hpp"
#include "table_view.hpp"

namespace sextant {

class SlowPath::Impl {
 public:
  Impl(TablePublisher& publisher, SlowPathOutput& output, rte_mempool* pool,
       const SlowPathSettings& settings);
  ~Impl();
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  Result<Generation> publish(const TableDiff& change);
  void forget_neighbors(PortIndex port);
  void handle(rte_mbuf* punted, std::uint64_t now_ns);
  void tick(std::uint64_t now_ns);
  [[nodiscard]] std::uint64_t next_deadline() const;
  [[nodiscard]] TableDiff overlay() const;
  [[nodiscard]] std::vector<NeighborInfo> neighbors() const { return neighbors_.list(); }
  [[nodiscard]] const SlowPathStats& stats() const { return stats_; }

 private:
  // A packet whose next hop is known, and goes out once that is published.
  struct Ready {
    NeighborKey key;
    MacAddress mac;
    HeldPacket packet;
  };

  // slow_path.cpp: publication and next hops.
  void handle_next_hop(const PuntInfo& info, rte_mbuf* packet);
  void handle_learn(const PuntInfo& info, rte_mbuf* frame);
  void run_actions();
  void run_action(const NeighborAction& action);
  void flush();
  bool publish_learned();
  void absorb(const TableDiff& change);
  void configure(const NeighborKey& key);
  void send_ready(const Ready& ready);

  // slow_path_link.cpp: ND and ARP.
  void handle_arp(const PuntInfo& info, rte_mbuf* packet);
  void handle_nd(const Interface& rx, ByteView packet, std::size_t offset, rte_mbuf* mbuf);
  void on_solicitation(const Interface& rx, const NdMessage& message);
  void on_router_solicitation(const Interface& rx, const NdMessage& message);
  void solicit(const NeighborKey& key, const std::optional<MacAddress>& known);
  void advertise_router(const Interface& interface, const Ipv6Address& destination,
                        const MacAddress& mac);
  [[nodiscard]] bool may_learn(const Interface& rx, const NeighborKey& key) const;

  // slow_path_local.cpp: ICMP.
  void handle_local(const PuntInfo& info, rte_mbuf* packet);
  void handle_local6(const PuntInfo& info, ByteView packet, rte_mbuf* mbuf);
  void handle_local4(const PuntInfo& info, ByteView packet, rte_mbuf* mbuf);
  void handle_error6(const PuntInfo& info, ByteView packet, std::size_t offset, rte_mbuf* mbuf);
  void finish_echo(const PuntInfo& info, EchoResult result, rte_mbuf* mbuf);
  void report_unreachable(const NeighborKey& key, const rte_mbuf* packet);
  // False when the rate limit says no, or no error may be sent.
  bool relay(const RelayedError& error);
  [[nodiscard]] bool may_send_error();
  [[nodiscard]] IpAddress error_source(const IpAddress& peer, InterfaceId rx, TableId table) const;
  [[nodiscard]] TableId table_of(InterfaceId interface) const;

  // Sending what was made here.
  void send_on_link(const Interface& interface, const MacAddress& destination, std::uint16_t type,
                    ByteView payload);
  void send_to_neighbor(const NeighborKey& next_hop, ByteView packet);
  void send_routed(TableId table, InterfaceId link, const IpAddress& destination, ByteView packet);

  TablePublisher& publisher_;
  SlowPathOutput& output_;
  rte_mempool* pool_;
  SlowPathSettings settings_;
  SlowPathStats stats_;
  TableView view_;
  NeighborTable neighbors_;
  LearnedState learned_;
  MacLearning macs_;
  RouterAdvertiser advertiser_;
  IcmpLimiter echo_limiter_;
  IcmpLimiter error_limiter_;
  std::vector<Ready> ready_;
  std::uint64_t now_ = 0;
  std::uint64_t retry_at_ = 0;  // of a publication that failed
};

}  // namespace sextant
