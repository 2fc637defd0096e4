// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// ForwardFixture: tables in code, frames in, frames and counters out, through the real path.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "dataplane/forward.hpp"
#include "dataplane/punt.hpp"
#include "support/fake_mbuf.hpp"
#include "support/packet_builder.hpp"
#include "support/tables_builder.hpp"

namespace sextant::test {

// A frame to receive; a Bytes or a PacketBuilder is one too.
struct Frame {
  Bytes bytes;
  MbufOptions mbuf;

  Frame(Bytes b, MbufOptions o = {}) : bytes(std::move(b)), mbuf(std::move(o)) {}        // NOLINT
  Frame(const PacketBuilder& p, MbufOptions o = {}) : Frame(p.build(), std::move(o)) {}  // NOLINT
};

struct Punted {
  PuntInfo info;
  Bytes bytes;
};

// What one burst left behind. Per port in the order in which the frames would be sent.
struct RunResult {
  std::map<PortIndex, std::vector<Bytes>> tx;
  std::vector<Punted> punted;
  std::vector<Bytes> dropped;                  // as they stood when they were dropped
  std::map<std::string, std::uint64_t> drops;  // by reason; those that changed

  // Frames of all ports.
  [[nodiscard]] std::size_t sent() const;
  // The only frame sent, which left by this port; REQUIREs both.
  [[nodiscard]] const Bytes& only(PortIndex port) const;
  // REQUIREs that nothing left and exactly this was counted, as often as packets were dropped.
  void require_dropped(const std::string& reason, std::size_t packets = 1) const;
};

// Derives from TablesBuilder: a test writes fixture.port(0, {"a::1/64"}), fixture.route(...) and
// then fixture.run(...). Changes made between two runs are applied as a difference.
class ForwardFixture : public TablesBuilder {
 public:
  // counters: how many objects of each kind are counted.
  explicit ForwardFixture(std::size_t counters = 1024);
  ~ForwardFixture();

  // Lets the path make copies (spray, flood): gives the lcore a mempool of the EAL.
  void use_mempool(unsigned mbufs = 1023);

  // One burst. REQUIREs that every mbuf came back exactly once and nothing wrote outside a buffer.
  RunResult run(PortIndex port, const std::vector<Frame>& frames);
  RunResult run(PortIndex port, const Frame& frame) { return run(port, std::vector<Frame>{frame}); }
  // Packets without link-layer header, as the control thread makes them.
  RunResult run_injected(TableId table, const std::vector<Frame>& packets);

  // The frame alone; then at each position of a burst of others. REQUIREs that every burst gives
  // exactly what its frames give one by one (order apart), and returns what the frame gives alone.
  // Not for frames that change state which a later one sees.
  RunResult run_at_every_position(PortIndex port, const Frame& frame,
                                  const std::vector<Frame>& others);

  // Brings the tables of the data path up to the builder's; run() does it too.
  void apply();
  // The same, giving what TableSet says about invalid tables.
  Status try_apply();

  TableSet& table_set() { return *set_; }
  LcoreState& lcore() { return *lcore_; }
  [[nodiscard]] std::uint64_t drops(DropReason reason) const;
  [[nodiscard]] SidCounter sid_counter(LocalSidId id) const;
  [[nodiscard]] PacketCounter policy_counter(PolicyId id) const;
  [[nodiscard]] PacketCounter list_counter(SegmentListId id) const;
  [[nodiscard]] PacketCounter steering_counter(SteeringId id) const;
  [[nodiscard]] PacketCounter rx_counter(InterfaceId id) const;
  [[nodiscard]] PacketCounter tx_counter(InterfaceId id) const;
  // The clock that the lcore sees; run() moves it on by a millisecond.
  void advance_ms(std::uint64_t ms) { lcore_->now_tsc += ms * kTscHz / 1000; }

 private:
  static constexpr std::uint64_t kTscHz = 1'000'000'000;
  struct CounterStorage;
  using Mbufs = std::vector<std::unique_ptr<FakeMbuf>>;

  RunResult collect(Mbufs& mbufs, const std::map<std::string, std::uint64_t>& before);
  [[nodiscard]] std::map<std::string, std::uint64_t> all_drops() const;

  std::unique_ptr<TableSet> set_;
  std::unique_ptr<LcoreState> lcore_;
  std::unique_ptr<CounterStorage> counters_;
  ForwardingTables applied_;
};

}  // namespace sextant::test
