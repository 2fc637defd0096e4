// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// mbufs from and to bytes.
#include "frame.hpp"

#include <algorithm>

namespace sextant {

Bytes copy_bytes(const rte_mbuf* mbuf, std::size_t max) {
  Bytes out;
  out.reserve(std::min<std::size_t>(mbuf->pkt_len, max));
  for (; mbuf != nullptr && out.size() < max; mbuf = mbuf->next) {
    const auto* data = rte_pktmbuf_mtod(mbuf, const std::uint8_t*);
    out.insert(out.end(), data, data + std::min<std::size_t>(mbuf->data_len, max - out.size()));
  }
  return out;
}

rte_mbuf* make_mbuf(rte_mempool* pool, ByteView bytes) {
  if (pool == nullptr) return nullptr;
  rte_mbuf* head = nullptr;
  do {
    rte_mbuf* segment = rte_pktmbuf_alloc(pool);
    if (segment == nullptr) {
      rte_pktmbuf_free(head);
      return nullptr;
    }
    const std::size_t here = std::min<std::size_t>(bytes.size(), rte_pktmbuf_tailroom(segment));
    if (here != 0) {
      char* to = rte_pktmbuf_append(segment, static_cast<std::uint16_t>(here));
      std::memcpy(to, bytes.data(), here);
    }
    bytes = bytes.subspan(here);
    if (head == nullptr) {
      head = segment;
    } else if (rte_pktmbuf_chain(head, segment) != 0) {
      rte_pktmbuf_free(segment);
      rte_pktmbuf_free(head);
      return nullptr;
    }
  } while (!bytes.empty());
  return head;
}

bool push_ethernet(rte_mbuf* mbuf, const Interface& interface, const MacAddress& destination,
                   std::uint16_t type) {
  const bool tagged = interface.vlan != 0;
  const EthernetHeader ethernet{destination, interface.mac,
                                Be16(tagged ? ether_type::kVlan : type)};
  const VlanHeader tag{Be16(interface.vlan), Be16(type)};
  const std::size_t bytes = sizeof ethernet + (tagged ? sizeof tag : 0);
  char* to = rte_pktmbuf_prepend(mbuf, static_cast<std::uint16_t>(bytes));
  if (to == nullptr) return false;
  std::memcpy(to, &ethernet, sizeof ethernet);
  if (tagged) std::memcpy(to + sizeof ethernet, &tag, sizeof tag);
  return true;
}

}  // namespace sextant
