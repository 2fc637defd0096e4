// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Tracer: what every stage decided for packets that match a filter, step by step, without slowing
// the others down.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include <sextant/net/ip_address.hpp>

#include "forward.hpp"
#include "spsc_bytes.hpp"

namespace sextant {

inline constexpr PortIndex kNoPort = 0xffff;

// Which packets are traced: those for which all conditions hold that are set.
struct TraceFilter {
  bool has_port = false;
  bool has_source = false;
  bool has_destination = false;
  bool has_sid = false;
  bool has_reason = false;
  PortIndex port = 0;    // received by
  IpPrefix source;       // of any IP header that the packet had at this node
  IpPrefix destination;  // the same
  Ipv6Address sid;       // a local SID that acted, by an address that leads to it
  DropReason reason{};   // of its drop
};

// The conditions of a filter as bits.
enum TraceCondition : std::uint8_t {
  kTracePort = 1,
  kTraceSource = 2,
  kTraceDestination = 4,
  kTraceSid = 8,
  kTraceReason = 16,
};

enum class TraceStage : std::uint8_t {
  kParse,
  kInject,  // made by the control thread: no frame was received
  kLookup,
  kBehavior,  // a local SID
  kPolicy,
  kDispatch,  // own address, bridge, proxy, a choice among next hops
  kRewrite,
  kCopy,  // made of another packet: spray, flood, fragment
  kTx,
  kPunt,
  kDrop,
};

// What one stage did. Plain data: lcores fill it in, the control thread finds the words.
struct TraceStep {
  static constexpr std::size_t kMaxBytes = 448;  // an SRH with 16 segments and what is around it

  TraceStage stage = TraceStage::kParse;
  Next next = Next::kConsumed;
  PacketKind kind = PacketKind::kIpv6;
  bool has_link_layer = false;   // bytes start with an Ethernet header
  bool from_function = false;    // a packet that a service function returned; object: LocalSidId
  bool translated = false;       // kRewrite: the destination became the backend of a service
  DropReason reason{};           // kDrop
  IcmpError error{};             // kDrop
  PuntReason punt_reason{};      // kPunt
  std::uint16_t vlan = 0;        // kParse: of the frame as received
  std::uint16_t byte_count = 0;  // valid bytes
  TableId table = 0;             // of the lookup
  InterfaceId interface = kNoInterface;  // kParse: received by; kRewrite and kTx: leaves by
  LookupResult result;                   // kLookup: found; others: what was acted on
  SegmentListId list = kNoObject;        // pushed by this step
  std::uint32_t object = kNoObject;      // kPunt and from_function
  std::uint32_t parameter = 0;           // kDrop: of the ICMP error
  std::uint32_t length = 0;              // of the packet after the step, all segments
  MacAddress source_mac;                 // kParse, of the frame as received
  MacAddress destination_mac;
  std::uint32_t next_step = 0;                // Tracer's
  std::array<std::uint8_t, kMaxBytes> bytes;  // the packet's start after the step
};

enum class TraceOutcome : std::uint8_t { kNone, kSent, kPunted, kDropped };

// What is known of a packet as a whole.
struct TraceHeader {
  std::uint64_t tsc = 0;
  std::uint32_t length = 0;  // of the frame as received
  std::uint16_t lcore = 0;
  PortIndex port = kNoPort;    // kNoPort: made by the control thread
  std::uint16_t position = 0;  // in its burst
  std::uint16_t step_count = 0;
  std::uint16_t steps_lost = 0;
  bool copy = false;
  TraceOutcome outcome = TraceOutcome::kNone;
  PortIndex sent_by = kNoPort;  // kSent; kDropped: the ICMP error, if one left
  DropReason reason{};
  PuntReason punt_reason{};
};

struct TracedPacket {
  TraceHeader header;
  std::vector<TraceStep> steps;
};

// Traces one lcore's packets. Records stay in its memory until the fate of a packet is known, then
// those that match go to the control thread. All memory is taken when it is made (about 2 MiB).
class Tracer {
 public:
  static constexpr unsigned kMaxStepsPerPacket = 32;
  static constexpr std::uint32_t kSteps = 2048;  // of one burst
  static constexpr std::size_t kRingBytes = 512 * 1024;

  // budget: how many packets may still be reported, by all lcores together; outlives the tracer.
  Tracer(const TraceFilter& filter, unsigned lcore, std::atomic<std::int64_t>& budget,
         std::size_t ring_bytes = kRingBytes);

  // --- Control thread.
  // The next packet; false when there is none.
  bool take(TracedPacket& packet);
  // Packets that matched and did not fit.
  [[nodiscard]] std::uint64_t lost() const { return lost_.load(std::memory_order_relaxed); }

  // --- The lcore. Calls come in the order of the stages; see forward.cpp.
  void begin(ForwardContext& context, PortIndex port) noexcept;
  void begin_injected(ForwardContext& context) noexcept;
  void parsed(ForwardContext& context) noexcept;
  void looked_up(ForwardContext& context) noexcept;
  // A lane that will act on result now; then after all have acted.
  void acts(ForwardContext& context, Lane lane, LookupResult result) noexcept;
  void acted(ForwardContext& context) noexcept;
  void before_rewrite(ForwardContext& context) noexcept;
  void rewritten(ForwardContext& context) noexcept;
  void before_tx() noexcept { in_tx_ = true; }
  void transmitted(ForwardContext& context) noexcept;
  // Whenever it happens.
  void dropped(ForwardContext& context, Lane lane, Verdict verdict) noexcept;
  void copied(ForwardContext& context, Lane from, Lane copy) noexcept;
  void pushed(Lane lane, SegmentListId list) noexcept;
  // The port or the ring refused it after all.
  void refused(DropReason reason, const rte_mbuf* mbuf) noexcept;
  // The burst is over: hands over what matched.
  void finish() noexcept;

 private:
  struct Pending {
    bool valid = false;
    TraceStage stage = TraceStage::kDispatch;
    bool from_function = false;
    LookupResult result;
    SegmentListId list = kNoObject;
    std::uint32_t object = kNoObject;
  };
  struct Trail {
    bool open = false;
    bool parsed = false;
    bool dropped_in_tx = false;
    std::uint8_t matched = 0;  // conditions that held so far
    std::uint16_t vlan = 0;
    MacAddress source_mac;
    MacAddress destination_mac;
    LookupResult looked_up;
    std::uint32_t first = 0;
    std::uint32_t last = 0;
    const rte_mbuf* mbuf = nullptr;
    Pending pending;
    TraceHeader header;
  };
  // How long the lists of a burst were, to tell what a stage added.
  struct Marks {
    unsigned to_lookup, to_dispatch, to_transmit, to_transmit_frame, to_punt;
  };

  bool start(ForwardContext& context) noexcept;
  void open(ForwardContext& context, Lane lane, PortIndex port) noexcept;
  TraceStep* add(ForwardContext& context, Lane lane, TraceStage stage,
                 bool has_link_layer) noexcept;
  TraceStep* append(Trail& trail, TraceStage stage) noexcept;
  void add_parse(ForwardContext& context, Lane lane) noexcept;
  void add_pending(ForwardContext& context, Lane lane, Next next) noexcept;
  void match_addresses(Trail& trail, const TraceStep& step) noexcept;
  void match_sid(ForwardContext& context, Trail& trail) noexcept;
  void hand_over(const Trail& trail) noexcept;
  [[nodiscard]] Marks marks(const Burst& burst) const noexcept;

  TraceFilter filter_;
  unsigned lcore_;
  std::uint8_t wanted_;
  std::atomic<std::int64_t>& budget_;
  bool active_ = false;  // a burst is being traced
  bool in_tx_ = false;
  unsigned lanes_used_ = 0;
  Marks marks_{};
  std::unique_ptr<Trail[]> lanes_;
  std::unique_ptr<TraceStep[]> steps_;
  std::uint32_t steps_used_ = 0;
  SpscBytes ring_;
  std::atomic<std::uint64_t> lost_{0};
};

}  // namespace sextant
