// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// The slow path: its parsers on exact buffers, and conversations of neighbor discovery, ARP and
// ICMP through a whole node in virtual time.
//
// Input: kind (1 byte). Odd: a packet for the parsers. Even: frames: port (1), pause (1), length
// (2), bytes.
#include "dataplane/replay/replay.hpp"
#include "dataplane/slow_path/arp.hpp"
#include "dataplane/slow_path/echo.hpp"
#include "dataplane/slow_path/error_relay.hpp"
#include "dataplane/slow_path/nd.hpp"
#include "fuzz_node.hpp"

namespace {

using namespace sextant;
using fuzz::require;

void parse_all(fuzz::InputReader& input) {
  const std::size_t offset = input.byte();
  const auto rest = input.rest();
  // A vector of its own: a read behind the packet is one behind the allocation.
  const std::vector<std::uint8_t> packet(rest.begin(), rest.end());
  (void)parse_arp(packet);
  (void)parse_nd(packet, offset);
  const EchoResult six = answer_echo6(packet, offset, Ipv6Address{});
  const EchoResult four = answer_echo4(packet, offset);
  require(six.verdict != EchoVerdict::kReply || six.reply.size() >= sizeof(Ipv6Header),
          "an IPv6 echo reply without a header");
  require(four.verdict != EchoVerdict::kReply || four.reply.size() >= sizeof(Ipv4Header),
          "an IPv4 echo reply without a header");
  for (const std::uint8_t type : {icmp6::kDestinationUnreachable, icmp6::kPacketTooBig,
                                  icmp6::kTimeExceeded, icmp6::kParameterProblem}) {
    const IcmpErrorKind kind{type, 0, 1400};
    const auto relayed = relay_error(packet, kind, [](const Ipv6Address&) { return true; });
    if (!relayed) continue;
    require(relayed->inner.data() >= packet.data() &&
                relayed->inner.data() + relayed->inner.size() <= packet.data() + packet.size(),
            "the relayed part is not inside of the quote");
    const IpAddress source = relayed->inner_source.is_v6() ? IpAddress(Ipv6Address{{0xa3}})
                                                           : IpAddress(Ipv4Address{{192, 0, 2, 1}});
    (void)make_relayed_error(*relayed, source);
  }
}

void converse(fuzz::InputReader& input) {
  constexpr std::size_t kMaxFrames = 24;
  constexpr std::size_t kMaxFrameBytes = 2048;
  static const fuzz::LoadedNode node = fuzz::load_node();
  ReplayOptions options;
  options.mbufs = 1024;
  options.proxy_cache_entries = 16;
  options.flows.connections = options.flows.choices = 16;
  options.neighbor_hold_packets = 4;
  std::uint64_t sent = 0;
  auto replay =
      Replay::create(node.tables, node.port_names, options, [&](const ReplayFrame& frame) {
        require(frame.bytes.size() >= sizeof(EthernetHeader), "short frame sent");
        ++sent;
      });
  require(replay.ok(), "no replay");
  std::uint64_t time_ns = 1'000'000'000;
  std::uint64_t received = 0;
  for (std::size_t n = 0; n < kMaxFrames && !input.empty(); ++n) {
    const auto port = static_cast<PortIndex>(input.byte() % node.port_names.size());
    // From microseconds to half a minute.
    const unsigned pause = input.byte();
    time_ns += std::uint64_t{pause & 15} << (pause >> 4) * 2;
    (*replay)->receive({port, time_ns, input.bytes(input.word() % (kMaxFrameBytes + 1))});
    ++received;
  }
  (*replay)->finish();
  std::uint64_t in = 0;
  std::uint64_t out = 0;
  for (const ReplayPortTotal& port : (*replay)->ports()) {
    in += port.in.packets;
    out += port.out.packets;
  }
  require(in == received && out == sent, "ports count other frames than there were");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const bool started = Replay::start_memory().ok();
  require(started, "EAL does not start");
  fuzz::InputReader input(data, size);
  if (input.byte() % 2 == 1) {
    parse_all(input);
  } else {
    converse(input);
  }
  return 0;
}
