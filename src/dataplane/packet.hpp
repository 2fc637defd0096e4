// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Packet and PacketMeta: a thin view over an mbuf, and what the stages know about it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include <sextant/net/headers.hpp>
#include <sextant/srv6/srh.hpp>
#include <sextant/tables/forwarding_tables.hpp>

#include "dpdk.hpp"

namespace sextant {

// Behaviors and policies that one packet may pass at this node before it counts as looping.
inline constexpr unsigned kMaxRounds = 8;

// What the packet's first byte is, from parse on. The link-layer header of an IP packet is cut off
// by parse and put back by rewrite, so that data starts at the IP header in between.
enum class PacketKind : std::uint8_t { kIpv6, kIpv4, kFrame, kArp };

// Why a packet goes to the control thread.
enum class PuntReason : std::uint8_t {
  kLocal,    // IP packet for an own address: ICMP echo, neighbor discovery, ICMP errors
  kArp,      // data starts at the ARP packet
  kResolve,  // the adjacency has no MAC yet; object: AdjacencyId
  kGlean,    // connected destination without an adjacency; object: InterfaceId
  kLearn,    // copy of nothing: a new source address on a bridge; object: BridgeId
};

// Per packet, filled by parse and carried through the burst. One cache line.
struct alignas(64) PacketMeta {
  LookupResult result;  // of the last lookup, or preset by a behavior
  TableId table = 0;    // VRF of the next lookup
  InterfaceId rx_interface = kNoInterface;
  InterfaceId tx_interface = kNoInterface;  // for Next::kTransmitFrame
  PacketKind kind = PacketKind::kIpv6;
  bool link_local = false;     // source or destination is link-local: never forwarded
  bool from_function = false;  // received on the return interface of a proxy; object: LocalSidId
  std::uint8_t rounds = 0;     // behaviors and policies executed so far: bounds loops

  bool trusted = true;  // came in by a trusted interface, or out of an accepted encapsulation
  bool hop_limit_done = false;  // already decremented for this hop: rewrite leaves it
  bool local_origin = false;    // made by this node (encapsulation, ICMP error, injected)
  PuntReason punt_reason = PuntReason::kLocal;

  // IPv6 header chain, offsets in bytes from the IPv6 header; filled by parse_ipv6_chain().
  std::uint8_t upper_layer = 0;  // protocol number of the upper-layer header
  bool fragment = false;         // a fragment header is in the chain
  std::uint16_t upper_layer_offset = 0;
  std::uint16_t srh_offset = 0;  // 0: no SRH
  // Offset of the byte that names the SRH (Next Header of the header before it), and of the byte
  // that names the upper-layer header.
  std::uint16_t srh_named_at = 0;
  std::uint16_t upper_layer_named_at = 0;

  std::uint32_t flow_hash = 0;  // valid when has_flow_hash
  bool has_flow_hash = false;
  bool translated = false;  // for the backend of a service, already
  // End.B6.Insert: the inserted list ends with the policy's last segment.
  bool binding_insert = false;
  std::uint32_t object = kNoObject;  // what punt_reason or from_function speaks of

  // Whether something has to be settled before the packet acts on its lookup result: a link-local
  // address, the way back of a proxy, the last round.
  //
  // Byte by byte: a load of all of them would wait for the store of a single one just before.
  [[nodiscard]] bool is_special() const {
    static_assert(kMaxRounds == 8);
    return (static_cast<unsigned>(link_local) | static_cast<unsigned>(from_function) |
            (rounds & kMaxRounds)) != 0;
  }

  // Whether the packet leaves by an adjacency, and nothing else is to be done about it.
  [[nodiscard]] bool is_plain_way_out() const {
    return result.kind() == LookupResult::Kind::kAdjacency && !is_special();
  }

  void clear_chain() {
    upper_layer = 0;
    fragment = false;
    upper_layer_offset = srh_offset = srh_named_at = upper_layer_named_at = 0;
  }
};
static_assert(sizeof(PacketMeta) == 64);

// A packet in the burst: mbuf and its meta. Cheap to copy; owns nothing. Offsets are from the first
// data byte and must lie inside the first segment: parse guarantees that for the header chain.
class Packet {
 public:
  Packet(rte_mbuf* mbuf, PacketMeta* meta) : mbuf_(mbuf), meta_(meta) {}

  [[nodiscard]] rte_mbuf* mbuf() const { return mbuf_; }
  [[nodiscard]] PacketMeta& meta() const { return *meta_; }
  [[nodiscard]] std::uint8_t* data() const { return rte_pktmbuf_mtod(mbuf_, std::uint8_t*); }
  template <typename T>
  [[nodiscard]] T* at(std::size_t offset) const {
    return reinterpret_cast<T*>(data() + offset);
  }
  [[nodiscard]] Ipv6Header& ipv6() const { return *at<Ipv6Header>(0); }
  [[nodiscard]] Ipv4Header& ipv4() const { return *at<Ipv4Header>(0); }
  // By the version field of the first byte: for packets without a known kind.
  [[nodiscard]] bool is_ipv4() const { return *data() >> 4 == 4; }
  [[nodiscard]] Srh* srh() const {
    return meta_->srh_offset == 0 ? nullptr : at<Srh>(meta_->srh_offset);
  }

  // Bytes in all segments, and in the first one.
  [[nodiscard]] std::uint32_t bytes() const { return mbuf_->pkt_len; }
  [[nodiscard]] std::uint32_t contiguous_bytes() const { return mbuf_->data_len; }

  // Cuts n bytes off the front; n must not exceed contiguous_bytes().
  void cut_front(std::uint32_t n) const {
    mbuf_->data_off = static_cast<std::uint16_t>(mbuf_->data_off + n);
    mbuf_->data_len = static_cast<std::uint16_t>(mbuf_->data_len - n);
    mbuf_->pkt_len -= n;
  }
  // Cuts bytes behind the first n (padding of short frames).
  void cut_back_to(std::uint32_t n) const {
    if (likely(n >= mbuf_->pkt_len)) return;
    if (mbuf_->nb_segs == 1) {
      mbuf_->data_len = static_cast<std::uint16_t>(n);
      mbuf_->pkt_len = n;
    } else {
      cut_chain_back_to(n);
    }
  }
  // Makes room for n bytes in front; moves the data of a single-segment packet towards its end when
  // the headroom is too small. Null when neither is possible: nothing changed then.
  [[nodiscard]] std::uint8_t* push_front(std::uint32_t n) const {
    if (likely(rte_pktmbuf_headroom(mbuf_) >= n)) {
      mbuf_->data_off = static_cast<std::uint16_t>(mbuf_->data_off - n);
    } else if (!move_back(n)) {
      return nullptr;
    }
    mbuf_->data_len = static_cast<std::uint16_t>(mbuf_->data_len + n);
    mbuf_->pkt_len += n;
    return data();
  }
  // Whether push_front(n) would succeed.
  [[nodiscard]] bool can_push_front(std::uint32_t n) const {
    return rte_pktmbuf_headroom(mbuf_) >= n ||
           (mbuf_->nb_segs == 1 && rte_pktmbuf_headroom(mbuf_) + rte_pktmbuf_tailroom(mbuf_) >= n);
  }

 private:
  // Room that a shifted packet gets beyond what was asked for: the link-layer header comes next.
  static constexpr std::uint32_t kSpareHeadroom = 32;

  // Shifts the data towards the end of the buffer and takes the n bytes in front of it.
  [[nodiscard]] bool move_back(std::uint32_t n) const {
    if (!can_push_front(n)) return false;
    const std::uint32_t headroom = rte_pktmbuf_headroom(mbuf_);
    const std::uint32_t missing = n - headroom;
    const std::uint32_t spare =
        std::min<std::uint32_t>(kSpareHeadroom, rte_pktmbuf_tailroom(mbuf_) - missing);
    std::uint8_t* from = data();
    std::memmove(from + missing + spare, from, mbuf_->data_len);
    mbuf_->data_off = static_cast<std::uint16_t>(spare);
    return true;
  }

  // The same as cut_back_to for a chain; segments behind the cut are freed.
  void cut_chain_back_to(std::uint32_t n) const {
    rte_mbuf* segment = mbuf_;
    std::uint16_t kept = 1;
    mbuf_->pkt_len = n;
    for (; n > segment->data_len; segment = segment->next, ++kept)
      n -= segment->data_len;
    segment->data_len = static_cast<std::uint16_t>(n);
    rte_pktmbuf_free(segment->next);
    segment->next = nullptr;
    mbuf_->nb_segs = kept;
  }

  rte_mbuf* mbuf_;
  PacketMeta* meta_;
};

}  // namespace sextant
