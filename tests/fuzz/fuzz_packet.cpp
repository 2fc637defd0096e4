// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Frames through the whole path, in buffers that end where the frame ends: no byte outside of it
// may be touched, every frame leaves exactly once, and what leaves is well formed.
//
// Input: shape (1 byte), then frames: port (1), length (2), bytes.
#include <sextant/net/checksum.hpp>

#include <algorithm>
#include <array>
#include <deque>
#include <numeric>

#include "../support/fake_mbuf.hpp"
#include "fuzz_node.hpp"

namespace {

using namespace sextant;
using fuzz::FuzzNode;
using fuzz::require;

constexpr std::size_t kMaxFrames = 32;
constexpr std::size_t kMaxFrameBytes = 2048;

test::MbufOptions shape_of(std::uint8_t shape, std::size_t bytes) {
  constexpr std::uint16_t kHeadroom[] = {0, 32, 128, 400};
  constexpr std::uint16_t kTailroom[] = {0, 16, 100, 700};
  test::MbufOptions options;
  options.headroom = kHeadroom[shape & 3];
  options.room = static_cast<std::uint16_t>(options.headroom + bytes + kTailroom[shape >> 2 & 3]);
  // Chains that break inside of headers, and behind them.
  constexpr std::uint16_t kBreaks[] = {14, 54, 70, 94, 110, 150, 300};
  if ((shape & 0x10) != 0) options.segments.push_back(kBreaks[(shape >> 5) % 7]);
  if ((shape & 0xf0) == 0xf0) options.segments.push_back(3);
  return options;
}

struct Totals {
  std::uint64_t drops = 0;   // that belong to a packet
  std::uint64_t errors = 0;  // drops that became an ICMP error
  std::uint64_t punted = 0;
  std::uint64_t transmitted = 0;

  static Totals of(const LcoreState& lcore) {
    Totals out;
    const Counters& c = lcore.counters;
    for (const PacketCounter& drop : c.drops)
      out.drops += drop.packets;
    // Copies that could not be made were never packets.
    for (const DropReason reason :
         {DropReason::replicate_no_mbuf, DropReason::replicate_burst_full}) {
      out.drops -= c.drops[static_cast<std::size_t>(reason)].packets;
    }
    out.errors = c.icmp_errors.packets;
    out.punted = c.punted.packets;
    for (const PacketCounter& tx : c.interfaces_tx)
      out.transmitted += tx.packets;
    return out;
  }
};

void check_chain(const rte_mbuf* mbuf) {
  std::uint32_t bytes = 0;
  unsigned segments = 0;
  for (const rte_mbuf* s = mbuf; s != nullptr; s = s->next) {
    require(s->data_off + s->data_len <= s->buf_len, "data leaves its buffer", s->data_off,
            s->data_len);
    bytes += s->data_len;
    ++segments;
  }
  require(bytes == mbuf->pkt_len, "packet length is not that of the segments", bytes,
          mbuf->pkt_len);
  require(segments == mbuf->nb_segs, "segment count is wrong", segments, mbuf->nb_segs);
}

// What a routed interface sends is an IP packet whose lengths agree with the frame.
void check_ip(std::uint16_t type, std::span<const std::uint8_t> packet) {
  if (type == ether_type::kIpv6) {
    require(packet.size() >= sizeof(Ipv6Header), "short IPv6 packet sent", packet.size());
    Ipv6Header ip;
    std::memcpy(&ip, packet.data(), sizeof ip);
    require(packet[0] >> 4 == 6, "IPv6 packet of another version sent");
    require(ip.payload_length.host() + sizeof ip == packet.size(), "wrong payload length sent",
            ip.payload_length.host(), packet.size());
    require(!ip.source.is_multicast(), "multicast source sent");
  } else if (type == ether_type::kIpv4) {
    require(packet.size() >= sizeof(Ipv4Header), "short IPv4 packet sent", packet.size());
    const auto& ip = *reinterpret_cast<const Ipv4Header*>(packet.data());
    require(ip.version_ihl >> 4 == 4 && ip.header_bytes() >= sizeof ip &&
                ip.header_bytes() <= packet.size(),
            "bad IPv4 header sent");
    require(ip.total_length.host() == packet.size(), "wrong total length sent",
            ip.total_length.host(), packet.size());
    require(ipv4_header_checksum_ok(ip), "wrong IPv4 checksum sent");
  } else {
    fuzz::fail("a routed interface sent another ethertype", type);
  }
}

void check_frame(const TableSet& tables, PortIndex port, const rte_mbuf* mbuf) {
  const std::vector<std::uint8_t> frame = test::bytes_of(mbuf);
  require(frame.size() >= sizeof(EthernetHeader), "short frame sent", frame.size());
  const auto type_at = [&](std::size_t at) {
    return static_cast<std::uint16_t>(frame[at] << 8 | frame[at + 1]);
  };
  std::size_t at = 12;
  std::uint16_t vlan = 0;
  if (type_at(at) == ether_type::kVlan && frame.size() >= 18) {
    vlan = type_at(at + 2) & 0xfff;
    at += 4;
  }
  InterfaceId id = kNoInterface;
  const InterfaceEntry* interface = tables.interface_of(port, vlan, &id);
  if (interface == nullptr || interface->role != InterfaceRole::kRouted) return;
  // Copied, so that a read beyond the packet is one beyond the allocation.
  const std::vector<std::uint8_t> packet(frame.begin() + static_cast<std::ptrdiff_t>(at + 2),
                                         frame.end());
  check_ip(type_at(at), packet);
}

// Where every mbuf went; those from the pool are freed.
class Ledger {
 public:
  explicit Ledger(const std::deque<test::FakeMbuf*>& in) {
    for (test::FakeMbuf* frame : in)
      expected_.push_back(frame->get());
    std::sort(expected_.begin(), expected_.end());
  }
  void add(rte_mbuf* mbuf) {
    check_chain(mbuf);
    seen_.push_back(mbuf);
  }
  void close() {
    std::sort(seen_.begin(), seen_.end());
    require(std::adjacent_find(seen_.begin(), seen_.end()) == seen_.end(), "a packet left twice");
    require(std::includes(seen_.begin(), seen_.end(), expected_.begin(), expected_.end()),
            "a packet got lost", seen_.size(), expected_.size());
    for (rte_mbuf* mbuf : seen_) {
      if (mbuf->pool != nullptr) rte_pktmbuf_free(mbuf);
    }
  }

 private:
  std::vector<rte_mbuf*> expected_;
  std::vector<rte_mbuf*> seen_;
};

void forward_and_check(FuzzNode& node, PortIndex port, const std::deque<test::FakeMbuf*>& frames) {
  LcoreState& lcore = node.lcore;
  std::vector<rte_mbuf*> mbufs;
  for (test::FakeMbuf* frame : frames)
    mbufs.push_back(frame->get());
  const Totals before = Totals::of(lcore);
  const unsigned available = rte_mempool_avail_count(lcore.pool);
  lcore.output.clear();
  forward_burst(node.tables, lcore, port, mbufs);

  BurstOutput& output = lcore.output;
  Ledger ledger(frames);
  std::uint64_t sent = 0;
  for (unsigned i = 0; i < output.used_count; ++i) {
    for (rte_mbuf* mbuf : output.tx[output.used[i]].list()) {
      ledger.add(mbuf);
      check_frame(node.tables, output.used[i], mbuf);
      ++sent;
    }
  }
  for (rte_mbuf* mbuf : output.punted.list())
    ledger.add(mbuf);
  for (rte_mbuf* mbuf : output.dropped.list())
    ledger.add(mbuf);
  const Totals after = Totals::of(lcore);
  require(after.transmitted - before.transmitted == sent, "sent frames are not those counted",
          after.transmitted - before.transmitted, sent);
  require(after.punted - before.punted == output.punted.count,
          "punted packets are not those counted");
  const std::uint64_t drops = after.drops - before.drops;
  const std::uint64_t answered = after.errors - before.errors;
  require(drops == output.dropped.count + answered, "drops are not those counted", drops,
          output.dropped.count + answered);
  ledger.close();
  require(rte_mempool_avail_count(lcore.pool) == available, "mbufs leaked", available,
          rte_mempool_avail_count(lcore.pool));
  output.clear();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  FuzzNode& node = FuzzNode::get();
  node.reset();
  fuzz::InputReader input(data, size);
  const std::uint8_t shape = input.byte();

  std::vector<std::unique_ptr<test::FakeMbuf>> storage;
  std::deque<test::FakeMbuf*> burst;
  PortIndex burst_port = 0;
  const auto flush = [&] {
    if (!burst.empty()) forward_and_check(node, burst_port, burst);
    burst.clear();
    node.lcore.now_tsc += 1'000'000;
  };
  for (std::size_t n = 0; n < kMaxFrames && !input.empty(); ++n) {
    const auto port = static_cast<PortIndex>(input.byte() % node.ports());
    const auto bytes = input.bytes(input.word() % (kMaxFrameBytes + 1));
    if (port != burst_port) flush();
    burst_port = port;
    storage.push_back(std::make_unique<test::FakeMbuf>(bytes, shape_of(shape, bytes.size())));
    burst.push_back(storage.back().get());
  }
  flush();
  return 0;
}
