// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// SpscBytes: records of bytes from one lcore to the control thread, in memory that never grows.
#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>

namespace sextant {

// One writer and one reader, each on its own thread; neither ever waits. A record is contiguous;
// when it does not fit in front of the end, the rest there is skipped.
class SpscBytes {
 public:
  // Takes all memory that it will ever use: at least capacity_bytes. Control thread.
  explicit SpscBytes(std::size_t capacity_bytes)
      : capacity_(std::bit_ceil(capacity_bytes < kWord ? kWord : capacity_bytes)),
        storage_(std::make_unique<std::uint64_t[]>(capacity_ / kWord)) {}

  // Writer: room for a record, aligned to 8 bytes; null when there is none. Nothing is handed over
  // before commit(); a second reserve() replaces the first.
  [[nodiscard]] std::uint8_t* reserve(std::uint32_t bytes) noexcept {
    const std::uint64_t head = head_.load(std::memory_order_relaxed);
    const std::size_t needed = kWord + padded(bytes);
    const std::size_t to_end = capacity_ - (head & (capacity_ - 1));
    const std::size_t skipped = needed > to_end ? to_end : 0;
    const std::uint64_t used = head - tail_.load(std::memory_order_acquire);
    if (used + skipped + needed > capacity_) return nullptr;
    if (skipped != 0) write_length(head, kSkip);
    write_length(head + skipped, bytes);
    reserved_ = head + skipped + needed;
    return at(head + skipped) + kWord;
  }
  void commit() noexcept { head_.store(reserved_, std::memory_order_release); }

  // Reader: the oldest record, valid until pop(); empty when there is none.
  [[nodiscard]] std::span<const std::uint8_t> front() noexcept {
    std::uint64_t tail = tail_.load(std::memory_order_relaxed);
    if (tail == head_.load(std::memory_order_acquire)) return {};
    if (read_length(tail) == kSkip) {
      tail += capacity_ - (tail & (capacity_ - 1));
      tail_.store(tail, std::memory_order_release);
    }
    return {at(tail) + kWord, read_length(tail)};
  }
  // Needs a record that front() gave.
  void pop() noexcept {
    const std::uint64_t tail = tail_.load(std::memory_order_relaxed);
    const auto bytes = static_cast<std::uint32_t>(read_length(tail));
    tail_.store(tail + kWord + padded(bytes), std::memory_order_release);
  }

 private:
  static constexpr std::size_t kWord = sizeof(std::uint64_t);
  static constexpr std::uint64_t kSkip = ~std::uint64_t{0};

  static std::size_t padded(std::uint32_t bytes) { return (bytes + kWord - 1) & ~(kWord - 1); }
  [[nodiscard]] std::uint8_t* at(std::uint64_t position) const {
    return reinterpret_cast<std::uint8_t*>(storage_.get()) + (position & (capacity_ - 1));
  }
  void write_length(std::uint64_t position, std::uint64_t length) {
    std::memcpy(at(position), &length, sizeof length);
  }
  [[nodiscard]] std::uint64_t read_length(std::uint64_t position) const {
    std::uint64_t length;
    std::memcpy(&length, at(position), sizeof length);
    return length;
  }

  std::size_t capacity_;  // bytes, a power of two
  std::unique_ptr<std::uint64_t[]> storage_;
  std::uint64_t reserved_ = 0;                      // the writer's
  alignas(64) std::atomic<std::uint64_t> head_{0};  // written by the writer
  alignas(64) std::atomic<std::uint64_t> tail_{0};  // written by the reader
};

}  // namespace sextant
