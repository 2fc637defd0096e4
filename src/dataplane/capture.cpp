// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// CaptureTap, the lcore's side: decide, bound, copy.
#include "capture.hpp"

#include <algorithm>
#include <cstring>

namespace sextant {

namespace {

constexpr std::uint32_t kWindowsPerSecond = 20;  // of the rate bound
constexpr std::uint32_t kLinkBytes = sizeof(EthernetHeader);

void count_one(std::atomic<std::uint64_t>& counter) {
  counter.store(counter.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
}

// Where the IP header starts in a frame.
std::uint32_t ip_offset(const rte_mbuf* mbuf, bool has_link_layer) {
  if (!has_link_layer) return 0;
  const auto* data = rte_pktmbuf_mtod(mbuf, const std::uint8_t*);
  constexpr std::uint32_t kTagged = kLinkBytes + sizeof(VlanHeader);
  const bool tagged = mbuf->data_len >= kTagged &&
                      (data[kLinkBytes - 2] << 8 | data[kLinkBytes - 1]) == ether_type::kVlan;
  return tagged ? kTagged : kLinkBytes;
}

bool addresses_of(const rte_mbuf* mbuf, std::uint32_t at, IpAddress* source,
                  IpAddress* destination) {
  if (at >= mbuf->data_len) return false;
  const auto* data = rte_pktmbuf_mtod_offset(mbuf, const std::uint8_t*, at);
  const std::uint32_t room = mbuf->data_len - at;
  if (data[0] >> 4 == 6 && room >= sizeof(Ipv6Header)) {
    const auto& ip = *reinterpret_cast<const Ipv6Header*>(data);
    *source = ip.source;
    *destination = ip.destination;
    return true;
  }
  if (data[0] >> 4 == 4 && room >= sizeof(Ipv4Header)) {
    const auto& ip = *reinterpret_cast<const Ipv4Header*>(data);
    *source = ip.source;
    *destination = ip.destination;
    return true;
  }
  return false;
}

// The Ethernet header that parse cut off stands in front of the data until something is pushed over
// it or the packet is taken apart: then no header with this interface's address is found there.
std::uint8_t cut_link_header(Packet packet, const InterfaceEntry& interface) {
  const PacketMeta& meta = packet.meta();
  const std::uint16_t type =
      meta.kind == PacketKind::kIpv6
          ? ether_type::kIpv6
          : (meta.kind == PacketKind::kIpv4 ? ether_type::kIpv4 : ether_type::kArp);
  const std::uint8_t* data = packet.data();
  const std::uint32_t headroom = rte_pktmbuf_headroom(packet.mbuf());
  const auto word_at = [&](int offset) { return data[offset] << 8 | data[offset + 1]; };
  // Before any behavior nothing was taken apart: any type is the frame's own.
  const auto fits = [&](int found) { return meta.rounds == 0 || found == type; };
  const auto is_ours = [&](std::uint32_t bytes) {
    if (headroom < bytes) return false;
    MacAddress destination;
    std::memcpy(&destination, data - bytes, sizeof destination);
    return destination == interface.mac || destination.is_multicast();
  };
  constexpr std::uint32_t kTagged = kLinkBytes + sizeof(VlanHeader);
  if (is_ours(kTagged) && word_at(-6) == ether_type::kVlan && fits(word_at(-2))) return kTagged;
  return is_ours(kLinkBytes) && fits(word_at(-2)) ? kLinkBytes : 0;
}

}  // namespace

bool CaptureTap::matches(const Frame& frame) const noexcept {
  if ((filter_.points & static_cast<std::uint8_t>(frame.point)) == 0) return false;
  if (filter_.has_port && filter_.port != frame.port) return false;
  if (filter_.has_reason &&
      (frame.point != CapturePoint::kDrop || filter_.reason != frame.reason)) {
    return false;
  }
  if (!filter_.has_source && !filter_.has_destination) return true;
  IpAddress source, destination;
  const std::uint32_t at = ip_offset(frame.mbuf, frame.has_link_layer);
  if (!addresses_of(frame.mbuf, at, &source, &destination)) return false;
  return (!filter_.has_source || filter_.source.contains(source)) &&
         (!filter_.has_destination || filter_.destination.contains(destination));
}

// So many packets per window of 50 ms: a burst of traffic cannot spend a second's worth at once.
bool CaptureTap::within_rate(std::uint64_t now_tsc, std::uint64_t tsc_hz) noexcept {
  if (now_tsc - window_tsc_ >= tsc_hz / kWindowsPerSecond || window_tsc_ == 0) {
    window_tsc_ = now_tsc;
    in_window_ = 0;
  }
  if (in_window_ >= std::max(rate_ / kWindowsPerSecond, 1u)) return false;
  ++in_window_;
  return true;
}

void CaptureTap::offer(const Frame& frame, std::uint64_t now_tsc, std::uint64_t tsc_hz) noexcept {
  if (!matches(frame)) return;
  if (!within_rate(now_tsc, tsc_hz)) return count_one(over_rate_);

  const bool make_link = !frame.has_link_layer && frame.link_bytes == 0;
  const std::uint32_t front =
      frame.has_link_layer ? 0 : (make_link ? kLinkBytes : frame.link_bytes);
  CapturedHeader header;
  header.tsc = now_tsc;
  header.length = frame.mbuf->pkt_len + front;
  header.captured = std::max(std::min(header.length, snap_length_), front);
  header.port = frame.port;
  header.point = frame.point;
  header.reason = frame.reason;
  header.made_link_layer = make_link;
  std::uint8_t* out = ring_.reserve(static_cast<std::uint32_t>(sizeof header) + header.captured);
  if (out == nullptr) return count_one(lost_);
  std::memcpy(out, &header, sizeof header);
  out += sizeof header;

  const auto* data = rte_pktmbuf_mtod(frame.mbuf, const std::uint8_t*);
  if (make_link) {
    std::memset(out, 0, kLinkBytes);
    const bool is_v4 = frame.mbuf->data_len > 0 && data[0] >> 4 == 4;
    const Be16 type(is_v4 ? ether_type::kIpv4 : ether_type::kIpv6);
    std::memcpy(out + kLinkBytes - sizeof type, &type, sizeof type);
  } else {
    std::memcpy(out, data - front, front);
  }
  out += front;
  const std::uint32_t wanted = header.captured - front;
  const void* bytes = rte_pktmbuf_read(frame.mbuf, 0, wanted, out);
  if (bytes != nullptr && bytes != out) std::memcpy(out, bytes, wanted);
  ring_.commit();
}

void capture_frames(const LcoreState& lcore, CapturePoint point, PortIndex port, DropReason reason,
                    std::span<rte_mbuf* const> frames, bool has_link_layer) noexcept {
  for (unsigned i = 0; i < lcore.taps->count; ++i) {
    for (const rte_mbuf* mbuf : frames) {
      lcore.taps->taps[i]->offer({mbuf, port, point, reason, has_link_layer, 0}, lcore.now_tsc,
                                 lcore.tsc_hz);
    }
  }
}

void capture_drop(ForwardContext& context, Packet packet, DropReason reason) noexcept {
  const LcoreState& lcore = context.lcore;
  const PacketMeta& meta = packet.meta();
  CaptureTap::Frame frame{packet.mbuf(), kNoPort, CapturePoint::kDrop, reason, false, 0};
  // Frames without an interface were not touched; the stages behind rewrite drop whole frames.
  frame.has_link_layer = meta.kind == PacketKind::kFrame || meta.rx_interface == kNoInterface ||
                         meta.tx_interface != kNoInterface;
  const InterfaceEntry* interface = TableSet::at(context.tables.interfaces, meta.rx_interface);
  if (interface != nullptr) {
    frame.port = interface->port;
    if (reason == DropReason::parse_ethernet_not_for_us) frame.has_link_layer = true;
    if (!frame.has_link_layer) frame.link_bytes = cut_link_header(packet, *interface);
  }
  for (unsigned i = 0; i < lcore.taps->count; ++i) {
    lcore.taps->taps[i]->offer(frame, lcore.now_tsc, lcore.tsc_hz);
  }
}

}  // namespace sextant
