// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// FakeMbuf: an rte_mbuf with its buffer that needs neither EAL nor mempool.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <stdexcept>
#include <vector>

#if __has_include(<sanitizer/asan_interface.h>)
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(address, size) ((void)(address), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(address, size) ((void)(address), (void)(size))
#endif

#include "dataplane/dpdk.hpp"

namespace sextant::test {

struct MbufOptions {
  std::uint16_t headroom = 128;
  std::uint16_t room = 2048 + 128;  // headroom included
  // Bytes of each segment but the last; empty: one segment.
  std::vector<std::uint16_t> segments;
};

// All bytes of a packet, whatever its segments.
inline std::vector<std::uint8_t> bytes_of(const rte_mbuf* mbuf) {
  std::vector<std::uint8_t> out;
  for (const rte_mbuf* segment = mbuf; segment != nullptr; segment = segment->next) {
    const auto* data = rte_pktmbuf_mtod(segment, const std::uint8_t*);
    out.insert(out.end(), data, data + segment->data_len);
  }
  return out;
}

// Neither moves nor copies: other mbufs point at it. Guard areas around the buffer show writes
// below the headroom and behind the room; with AddressSanitizer they are poisoned.
class FakeMbuf {
 public:
  explicit FakeMbuf(std::span<const std::uint8_t> bytes, const MbufOptions& options = {})
      : FakeMbuf(bytes, options, 0) {}
  ~FakeMbuf() { ASAN_UNPOISON_MEMORY_REGION(memory_.data(), memory_.size()); }
  FakeMbuf(const FakeMbuf&) = delete;
  FakeMbuf& operator=(const FakeMbuf&) = delete;

  [[nodiscard]] rte_mbuf* get() { return &mbuf_; }
  rte_mbuf* operator->() { return &mbuf_; }
  [[nodiscard]] std::vector<std::uint8_t> bytes() const { return bytes_of(&mbuf_); }

  // False when something wrote outside of a buffer of the chain.
  [[nodiscard]] bool guards_intact() {
    ASAN_UNPOISON_MEMORY_REGION(memory_.data(), kGuard);
    ASAN_UNPOISON_MEMORY_REGION(memory_.data() + memory_.size() - kGuard, kGuard);
    const auto untouched = [](std::uint8_t byte) { return byte == kPattern; };
    const bool intact = std::all_of(memory_.begin(), memory_.begin() + kGuard, untouched) &&
                        std::all_of(memory_.end() - kGuard, memory_.end(), untouched);
    poison();
    return intact && (!next_ || next_->guards_intact());
  }

 private:
  static constexpr std::size_t kGuard = 64;
  static constexpr std::uint8_t kPattern = 0xa5;

  FakeMbuf(std::span<const std::uint8_t> bytes, const MbufOptions& options, std::size_t segment)
      : memory_(kGuard + options.room + kGuard, kPattern) {
    const bool is_last = segment >= options.segments.size();
    const std::size_t here =
        is_last ? bytes.size() : std::min<std::size_t>(options.segments[segment], bytes.size());
    if (options.headroom + here > options.room) throw std::length_error("mbuf room too small");
    std::memset(static_cast<void*>(&mbuf_), 0, sizeof mbuf_);
    mbuf_.buf_addr = memory_.data() + kGuard;
    mbuf_.buf_len = options.room;
    mbuf_.data_off = options.headroom;
    mbuf_.data_len = static_cast<std::uint16_t>(here);
    mbuf_.pkt_len = static_cast<std::uint32_t>(bytes.size());
    mbuf_.nb_segs = 1;
    mbuf_.port = RTE_MBUF_PORT_INVALID;
    // A second reference to the tail of a chain: cutting it off must not return it to a pool.
    rte_mbuf_refcnt_set(&mbuf_, segment == 0 ? 1 : 2);
    if (here != 0) std::memcpy(rte_pktmbuf_mtod(&mbuf_, std::uint8_t*), bytes.data(), here);
    if (!is_last) {
      next_.reset(new FakeMbuf(bytes.subspan(here), options, segment + 1));
      mbuf_.next = next_->get();
      mbuf_.nb_segs = static_cast<std::uint16_t>(next_->mbuf_.nb_segs + 1);
    }
    poison();
  }

  void poison() {
    ASAN_POISON_MEMORY_REGION(memory_.data(), kGuard);
    ASAN_POISON_MEMORY_REGION(memory_.data() + memory_.size() - kGuard, kGuard);
  }

  rte_mbuf mbuf_;
  std::vector<std::uint8_t> memory_;
  std::unique_ptr<FakeMbuf> next_;
};

}  // namespace sextant::test
