// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Sizing and creating packet memory.
#include "mempool.hpp"

#include <fmt/format.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_lcore.h>

#include <algorithm>

#include <sextant/net/headers.hpp>
#include <sextant/srv6/srh.hpp>

#include "dpdk_log.hpp"

namespace sextant {

namespace {

constexpr std::uint32_t kCachePerLcore = 256;
// Two VLAN tags.
constexpr std::uint32_t kLinkLayerBytes = 14 + 8;
// What a packet may grow by: outer header, the longest SRH with an HMAC TLV, and a new link-layer
// header; Packet::push_front() shifts data within the buffer when the headroom is too small.
constexpr std::uint32_t kGrowthBytes =
    sizeof(Ipv6Header) + srh_bytes(kMaxSegments + 1) + sizeof(HmacTlv) + kLinkLayerBytes + 32;
// Rings to and from the control thread, hold queues, one burst in the works for each lcore.
constexpr std::uint32_t kSpareMbufs = 4096;
constexpr std::uint32_t kRingBytes = 64 * 1024;
// Descriptors, software rings and private data of a queue; generous.
constexpr std::uint32_t kBytesPerDescriptor = 256;

constexpr std::uint32_t round_up(std::uint32_t value, std::uint32_t step) {
  return (value + step - 1) / step * step;
}

std::uint16_t data_room_for(const RuntimeConfig& config) {
  std::uint32_t mtu = 1500;
  for (const PortConfig& port : config.ports)
    mtu = std::max<std::uint32_t>(mtu, port.mtu);
  // Network cards take buffer sizes in steps of 1 KiB.
  const std::uint32_t room =
      std::max<std::uint32_t>(round_up(mtu + kLinkLayerBytes + kGrowthBytes, 1024), 2048);
  return static_cast<std::uint16_t>(
      std::min<std::uint32_t>(room + RTE_PKTMBUF_HEADROOM, UINT16_MAX));
}

}  // namespace

Result<MbufPlan> plan_mbufs(const RuntimeConfig& config, unsigned lcores) {
  MbufPlan plan;
  plan.data_room = data_room_for(config);
  std::uint64_t receive = 0;
  std::uint64_t send = 0;
  std::uint64_t queues = 0;
  for (const PortConfig& port : config.ports) {
    receive += std::uint64_t{port.queues} * port.rx_descriptors;
    send += std::uint64_t{lcores} * port.tx_descriptors;
    queues += port.queues + lcores;
  }
  const std::uint64_t working = std::uint64_t{lcores} * (2 * config.burst + kCachePerLcore * 3 / 2);
  const std::uint64_t minimum = receive + working;
  std::uint64_t mbufs = config.mbufs;
  if (mbufs == 0) mbufs = minimum + send + kSpareMbufs;
  if (mbufs > UINT32_MAX / 4 || minimum > UINT32_MAX / 4) {
    return Error{"mbufs: more than 2^30 packet buffers: lower queues, descriptors or mbufs"};
  }
  if (mbufs < minimum) {
    return Error{fmt::format(
        "mbufs: {} packet buffers are too few: the receive queues and {} lcores need at least {}; "
        "raise mbufs or leave it out, or lower queues or rx_descriptors",
        mbufs, lcores, minimum)};
  }
  plan.mbufs = static_cast<std::uint32_t>(mbufs);
  plan.minimum = static_cast<std::uint32_t>(minimum);
  // 128 for the object header and the alignment of the pool.
  const std::uint64_t object = sizeof(rte_mbuf) + plan.data_room + 128;
  plan.memory_bytes = mbufs * object + (receive + send) * kBytesPerDescriptor +
                      (queues + lcores * 4 + 16) * kRingBytes;
  return plan;
}

Result<rte_mempool*> MbufPools::get(const MbufPlan& plan, int socket) {
  if (socket < 0) socket = 0;
  if (const auto found = pools_.find(socket); found != pools_.end()) return found->second;
  const std::string name = fmt::format("mbufs{}", socket);
  DpdkLog::Capture capture;
  // Without huge pages memory belongs to no socket.
  rte_mempool* const pool =
      rte_pktmbuf_pool_create(name.c_str(), plan.mbufs, kCachePerLcore, 0, plan.data_room,
                              rte_eal_has_hugepages() != 0 ? socket : SOCKET_ID_ANY);
  if (pool == nullptr) {
    const int code = rte_errno;
    return Error{
        fmt::format("no memory for {} packet buffers of {} bytes on socket {}: {} [{}]; lower "
                    "mbufs, queues or descriptors, or raise memory_mb or the huge pages",
                    plan.mbufs, plan.data_room, socket, rte_strerror(code), capture.reason())};
  }
  pools_.emplace(socket, pool);
  return pool;
}

void MbufPools::clear() {
  for (const auto& [socket, pool] : pools_)
    rte_mempool_free(pool);
  pools_.clear();
}

std::uint32_t MbufPools::in_use() const {
  std::uint32_t count = 0;
  for (const auto& [socket, pool] : pools_)
    count += rte_mempool_in_use_count(pool);
  return count;
}

}  // namespace sextant
