// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// ForwardFixture: one TableSet, one LcoreState, and the bookkeeping around a burst.
#include "support/forward_fixture.hpp"

#include <algorithm>
#include <set>
#include <string>

#include "support/catch.hpp"

namespace sextant::test {

struct ForwardFixture::CounterStorage {
  explicit CounterStorage(std::size_t n)
      : sids(n), policies(n), lists(n), steerings(n), rx(n), tx(n) {}
  std::vector<SidCounter> sids;
  std::vector<PacketCounter> policies, lists, steerings, rx, tx;
};

namespace {

// Order does not count, how often does.
struct Outcome {
  std::map<PortIndex, std::multiset<Bytes>> tx;
  std::multiset<std::pair<Bytes, Bytes>> punted;
  std::multiset<Bytes> dropped;
  std::map<std::string, std::uint64_t> drops;
  friend bool operator==(const Outcome&, const Outcome&) = default;
};

void add(Outcome& out, const RunResult& run) {
  for (const auto& [port, frames] : run.tx)
    out.tx[port].insert(frames.begin(), frames.end());
  for (const Punted& p : run.punted) {
    const auto* info = reinterpret_cast<const std::uint8_t*>(&p.info);
    out.punted.insert({Bytes(info, info + sizeof p.info), p.bytes});
  }
  out.dropped.insert(run.dropped.begin(), run.dropped.end());
  for (const auto& [reason, count] : run.drops)
    out.drops[reason] += count;
}

std::string describe(const Outcome& outcome) {
  std::string out;
  for (const auto& [port, frames] : outcome.tx) {
    for (const Bytes& frame : frames)
      out += "\n  pg" + std::to_string(port) + " " + hex(frame);
  }
  for (const auto& [info, bytes] : outcome.punted)
    out += "\n  punted " + hex(bytes);
  for (const Bytes& bytes : outcome.dropped)
    out += "\n  dropped " + hex(bytes);
  for (const auto& [reason, count] : outcome.drops) {
    out += "\n  " + reason + " " + std::to_string(count);
  }
  return out;
}

}  // namespace

std::size_t RunResult::sent() const {
  std::size_t n = 0;
  for (const auto& [port, frames] : tx)
    n += frames.size();
  return n;
}

const Bytes& RunResult::only(PortIndex port) const {
  std::string seen;
  for (const auto& [reason, count] : drops)
    seen += reason + " ";
  for (const auto& [out_port, frames] : tx) {
    seen += std::to_string(frames.size()) + " on pg" + std::to_string(out_port) + " ";
  }
  if (!punted.empty()) seen += std::to_string(punted.size()) + " punted";
  INFO("wanted one frame on pg" << port << ", saw: " << seen);
  REQUIRE(sent() == 1);
  REQUIRE(tx.count(port) == 1);
  return tx.at(port).front();
}

void RunResult::require_dropped(const std::string& reason, std::size_t packets) const {
  Outcome seen;
  add(seen, *this);
  INFO("wanted " << packets << " " << reason << ", saw:" << describe(seen));
  REQUIRE(sent() == 0);
  REQUIRE(punted.empty());
  REQUIRE(dropped.size() == packets);
  REQUIRE(drops == std::map<std::string, std::uint64_t>{{reason, packets}});
}

ForwardFixture::ForwardFixture(std::size_t counters)
    : set_(std::make_unique<TableSet>()),
      lcore_(std::make_unique<LcoreState>()),
      counters_(std::make_unique<CounterStorage>(counters)) {
  lcore_->counters.local_sids = counters_->sids;
  lcore_->counters.policies = counters_->policies;
  lcore_->counters.segment_lists = counters_->lists;
  lcore_->counters.steerings = counters_->steerings;
  lcore_->counters.interfaces_rx = counters_->rx;
  lcore_->counters.interfaces_tx = counters_->tx;
  lcore_->tsc_hz = kTscHz;
  lcore_->now_tsc = 1000 * kTscHz;
  lcore_->output.used_count = 0;
  for (MbufList& list : lcore_->output.tx)
    list.count = 0;
  lcore_->output.clear();
  lcore_->burst.clear();
  // Tests of the limit lower it; all others want every error.
  settings().icmp_errors_per_second = 1'000'000;
  settings().icmp_error_burst = 1'000'000;
}

ForwardFixture::~ForwardFixture() {
  if (lcore_->pool != nullptr) rte_mempool_free(lcore_->pool);
}

void ForwardFixture::use_mempool(unsigned mbufs) {
  static unsigned number = 0;
  const std::string name = "fixture" + std::to_string(number++);
  lcore_->pool =
      rte_pktmbuf_pool_create(name.c_str(), mbufs, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
  REQUIRE(lcore_->pool != nullptr);
}

Status ForwardFixture::try_apply() {
  ForwardingTables wanted = take();
  if (wanted == applied_) return Ok{};
  Status status = set_->apply(diff(applied_, wanted));
  if (status.ok()) applied_ = std::move(wanted);
  return status;
}

void ForwardFixture::apply() {
  const Status status = try_apply();
  INFO((status.ok() ? "" : status.error().text));
  REQUIRE(status.ok());
}

std::map<std::string, std::uint64_t> ForwardFixture::all_drops() const {
  std::map<std::string, std::uint64_t> out;
  for (std::size_t i = 0; i < kDropReasonCount; ++i) {
    out[std::string(kDropReasons[i].name)] = lcore_->counters.drops[i].packets;
  }
  return out;
}

RunResult ForwardFixture::run(PortIndex port, const std::vector<Frame>& frames) {
  REQUIRE(frames.size() <= kMaxRxBurst);
  apply();
  Mbufs mbufs;
  std::vector<rte_mbuf*> pointers;
  for (const Frame& frame : frames) {
    mbufs.push_back(std::make_unique<FakeMbuf>(frame.bytes, frame.mbuf));
    pointers.push_back(mbufs.back()->get());
  }
  const auto before = all_drops();
  advance_ms(1);
  lcore_->output.clear();
  forward_burst(*set_, *lcore_, port, pointers);
  return collect(mbufs, before);
}

RunResult ForwardFixture::run_injected(TableId table, const std::vector<Frame>& packets) {
  apply();
  Mbufs mbufs;
  std::vector<rte_mbuf*> pointers;
  for (const Frame& packet : packets) {
    mbufs.push_back(std::make_unique<FakeMbuf>(packet.bytes, packet.mbuf));
    pointers.push_back(mbufs.back()->get());
  }
  const auto before = all_drops();
  advance_ms(1);
  lcore_->output.clear();
  forward_injected(*set_, *lcore_, table, pointers);
  return collect(mbufs, before);
}

RunResult ForwardFixture::collect(Mbufs& mbufs,
                                  const std::map<std::string, std::uint64_t>& before) {
  RunResult result;
  std::multiset<const rte_mbuf*> seen;
  std::vector<rte_mbuf*> copies;
  const auto take_one = [&](rte_mbuf* mbuf) {
    REQUIRE(seen.insert(mbuf) != seen.end());
    REQUIRE(seen.count(mbuf) == 1);
    if (mbuf->pool != nullptr) copies.push_back(mbuf);
    Bytes bytes = bytes_of(mbuf);
    REQUIRE(bytes.size() == mbuf->pkt_len);
    return bytes;
  };
  BurstOutput& output = lcore_->output;
  for (unsigned i = 0; i < output.used_count; ++i) {
    const PortIndex port = output.used[i];
    for (rte_mbuf* mbuf : output.tx[port].list())
      result.tx[port].push_back(take_one(mbuf));
  }
  for (rte_mbuf* mbuf : output.punted.list()) {
    const PuntInfo info = PuntInfo::load(mbuf);
    result.punted.push_back({info, take_one(mbuf)});
  }
  for (rte_mbuf* mbuf : output.dropped.list())
    result.dropped.push_back(take_one(mbuf));
  output.clear();
  for (const auto& mbuf : mbufs) {
    INFO("a received mbuf must come back exactly once");
    REQUIRE(seen.count(mbuf->get()) == 1);
    INFO("something wrote outside of the buffer");
    REQUIRE(mbuf->guards_intact());
  }
  for (rte_mbuf* copy : copies)
    rte_pktmbuf_free(copy);
  if (lcore_->pool != nullptr) REQUIRE(rte_mempool_in_use_count(lcore_->pool) == 0);
  for (const auto& [reason, count] : all_drops()) {
    if (count != before.at(reason)) result.drops[reason] = count - before.at(reason);
  }
  return result;
}

RunResult ForwardFixture::run_at_every_position(PortIndex port, const Frame& frame,
                                                const std::vector<Frame>& others) {
  const RunResult alone = run(port, frame);
  Outcome wanted;
  add(wanted, alone);
  for (const Frame& other : others)
    add(wanted, run(port, other));
  for (std::size_t position = 0; position <= others.size(); ++position) {
    std::vector<Frame> burst = others;
    burst.insert(burst.begin() + static_cast<std::ptrdiff_t>(position), frame);
    Outcome seen;
    add(seen, run(port, burst));
    INFO("position " << position << " of " << burst.size() << "\nwanted:" << describe(wanted)
                     << "\nsaw:" << describe(seen));
    REQUIRE(seen == wanted);
  }
  return alone;
}

std::uint64_t ForwardFixture::drops(DropReason reason) const {
  return lcore_->counters.drops[static_cast<std::size_t>(reason)].packets;
}
SidCounter ForwardFixture::sid_counter(LocalSidId id) const {
  return counters_->sids.at(id);
}
PacketCounter ForwardFixture::policy_counter(PolicyId id) const {
  return counters_->policies.at(id);
}
PacketCounter ForwardFixture::list_counter(SegmentListId id) const {
  return counters_->lists.at(id);
}
PacketCounter ForwardFixture::steering_counter(SteeringId id) const {
  return counters_->steerings.at(id);
}
PacketCounter ForwardFixture::rx_counter(InterfaceId id) const {
  return counters_->rx.at(id);
}
PacketCounter ForwardFixture::tx_counter(InterfaceId id) const {
  return counters_->tx.at(id);
}

}  // namespace sextant::test
