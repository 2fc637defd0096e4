// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// IPv4 fragmentation: plan, take all mbufs, fill them, and only then cut the packet itself.
#include "fragment.hpp"

#include <algorithm>
#include <cstring>

#include <sextant/net/checksum.hpp>

#include "trace.hpp"

namespace sextant {

namespace {

constexpr std::uint32_t kMaxHeader = 60;
constexpr std::uint8_t kOptionCopied = 0x80;
constexpr std::uint8_t kOptionEnd = 0;
constexpr std::uint8_t kOptionNop = 1;

// The header of all pieces but the first: with those options only that ask to be copied.
struct LaterHeader {
  std::uint32_t bytes = sizeof(Ipv4Header);
  std::array<std::uint8_t, kMaxHeader> data{};

  explicit LaterHeader(const Ipv4Header& ip) {
    const auto* from = reinterpret_cast<const std::uint8_t*>(&ip);
    std::memcpy(data.data(), from, sizeof ip);
    const std::uint32_t end = ip.header_bytes();
    for (std::uint32_t at = sizeof ip; at < end;) {
      const std::uint8_t type = from[at];
      if (type == kOptionEnd) break;
      if (type == kOptionNop) {
        ++at;
        continue;
      }
      // What lies behind a malformed option cannot be told apart: left out.
      if (at + 2 > end || from[at + 1] < 2 || at + from[at + 1] > end) break;
      const std::uint32_t length = from[at + 1];
      if ((type & kOptionCopied) != 0) {
        std::memcpy(data.data() + bytes, from + at, length);
        bytes += length;
      }
      at += length;
    }
    bytes = (bytes + 3) & ~3u;  // padded with End of Option List
    data[0] = static_cast<std::uint8_t>(4 << 4 | bytes / 4);
  }
};

// How the payload is divided. Sizes of all pieces but the last are multiples of 8.
struct Plan {
  std::uint32_t first = 0;  // payload bytes of the first piece
  std::uint32_t later = 0;  // of each later one, but for the last
  std::uint32_t count = 0;  // of later pieces
};

bool make_plan(std::uint32_t payload, std::uint32_t first_header, std::uint32_t later_header,
               std::uint32_t max_first, std::uint32_t max_later, Plan& plan) {
  if (max_first < first_header + 8 || max_later < later_header + 8) return false;
  plan.first = (max_first - first_header) & ~7u;
  plan.later = (max_later - later_header) & ~7u;
  if (plan.first >= payload) return false;
  plan.count = (payload - plan.first + plan.later - 1) / plan.later;
  return plan.count <= kMaxFragments;
}

// Fills in what differs between pieces: length, offset, More Fragments, checksum.
void finish_header(std::uint8_t* header, std::uint32_t header_bytes, std::uint32_t payload,
                   std::uint16_t fragment) {
  auto& ip = *reinterpret_cast<Ipv4Header*>(header);
  ip.total_length = Be16(static_cast<std::uint16_t>(header_bytes + payload));
  ip.fragment = Be16(fragment);
  ip.checksum =
      ipv4_header_checksum(ip, {header + sizeof(Ipv4Header), header_bytes - sizeof(Ipv4Header)});
}

// Copies n bytes from anywhere in a chain.
void copy_from(const rte_mbuf* mbuf, std::uint32_t offset, std::uint32_t n, std::uint8_t* to) {
  const void* bytes = rte_pktmbuf_read(mbuf, offset, n, to);
  if (bytes != to && bytes != nullptr) std::memcpy(to, bytes, n);
}

}  // namespace

bool fragment_ipv4(ForwardContext& context, Packet packet, std::uint32_t max_bytes,
                   std::uint32_t headroom, Fragments& pieces) noexcept {
  rte_mempool* pool = context.lcore.pool;
  if (pool == nullptr) return false;
  const std::uint32_t room = rte_pktmbuf_data_room_size(pool);
  if (headroom >= room) return false;
  const Ipv4Header& ip = packet.ipv4();
  const std::uint32_t header_bytes = ip.header_bytes();
  const std::uint32_t payload = ip.total_length.host() - header_bytes;
  const std::uint32_t units_before = ip.fragment.host() & Ipv4Header::kOffsetMask;
  if (units_before + payload / 8 > Ipv4Header::kOffsetMask) return false;  // ends beyond 64 KiB
  const LaterHeader later(ip);
  Plan plan;
  if (!make_plan(payload, header_bytes, later.bytes, max_bytes,
                 std::min(max_bytes, room - headroom), plan)) {
    return false;
  }
  std::array<rte_mbuf*, kMaxFragments> mbufs;
  if (plan.count > context.burst.room()) return false;
  if (rte_pktmbuf_alloc_bulk(pool, mbufs.data(), plan.count) != 0) return false;

  // The packet may be a fragment itself: offsets add up, and its last piece is as final as it was.
  const std::uint16_t whole = ip.fragment.host();
  const auto fragment_field = [whole](std::uint32_t offset, bool last) {
    const std::uint32_t units = (whole & Ipv4Header::kOffsetMask) + offset / 8;
    const std::uint32_t flags =
        last ? whole & ~Ipv4Header::kOffsetMask
             : (whole & ~Ipv4Header::kOffsetMask) | Ipv4Header::kMoreFragments;
    return static_cast<std::uint16_t>(flags | (units & Ipv4Header::kOffsetMask));
  };
  std::uint32_t offset = plan.first;
  for (std::uint32_t i = 0; i < plan.count; ++i) {
    const std::uint32_t here = std::min(plan.later, payload - offset);
    rte_mbuf* mbuf = mbufs[i];
    mbuf->data_off = static_cast<std::uint16_t>(headroom);
    mbuf->data_len = static_cast<std::uint16_t>(later.bytes + here);
    mbuf->pkt_len = later.bytes + here;
    auto* data = rte_pktmbuf_mtod(mbuf, std::uint8_t*);
    std::memcpy(data, later.data.data(), later.bytes);
    copy_from(packet.mbuf(), header_bytes + offset, here, data + later.bytes);
    offset += here;
    finish_header(data, later.bytes, here, fragment_field(offset - here, offset == payload));
    const Lane lane = context.burst.add(mbuf);
    context.burst.meta(lane) = packet.meta();
    pieces.storage[pieces.count++] = lane;
    if (unlikely(context.lcore.tracer != nullptr)) {
      context.lcore.tracer->copied(context, context.burst.lane_of(packet), lane);
    }
  }
  packet.cut_back_to(header_bytes + plan.first);
  finish_header(packet.data(), header_bytes, plan.first, fragment_field(0, false));
  return true;
}

}  // namespace sextant
