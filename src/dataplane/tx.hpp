// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Egress: the way out that packets in a row share.
#pragma once

#include "forward.hpp"

namespace sextant {

// The interface, list and counter of the packets before; most of a burst leave by the same. What is
// sent counts when the way out changes or ends. One at a time per burst.
class Egress {
 public:
  explicit Egress(ForwardContext& context) : context_(context) {}
  Egress(const Egress&) = delete;
  Egress& operator=(const Egress&) = delete;
  ~Egress() { flush(); }

  // False when there is no such interface.
  bool go_to(InterfaceId id) {
    if (unlikely(id != id_)) {
      flush();
      id_ = id;
      way_ = find(context_, id);
      count_ = before_ = way_.list == nullptr ? 0 : way_.list->count;
      bytes_ = 0;
    }
    return likely(way_.list != nullptr);
  }
  // By the interface gone to; a whole frame.
  void send(Packet packet) {
    way_.list->mbufs[count_++] = packet.mbuf();
    bytes_ += packet.bytes();
  }
  [[nodiscard]] const InterfaceEntry& interface() const { return *way_.interface; }

 private:
  // By value, so that all of this can stay in registers.
  struct Way {
    const InterfaceEntry* interface = nullptr;
    MbufList* list = nullptr;
    PacketCounter* counter = nullptr;
  };
  [[gnu::noinline]] static Way find(ForwardContext& context, InterfaceId id) {
    Counters& counters = context.lcore.counters;
    const InterfaceEntry* interface = TableSet::at(context.tables.interfaces, id);
    if (interface == nullptr) return {};
    return {interface, &context.lcore.output.tx[interface->port],
            &counters.of(counters.interfaces_tx, id)};
  }
  void flush() {
    if (count_ == before_) return;
    if (before_ == 0) {
      BurstOutput& output = context_.lcore.output;
      output.used[output.used_count++] = static_cast<std::uint8_t>(way_.interface->port);
    }
    way_.list->count = count_;
    way_.counter->add(count_ - before_, bytes_);
  }

  ForwardContext& context_;
  InterfaceId id_ = kNoInterface;
  Way way_;
  unsigned before_ = 0;
  unsigned count_ = 0;
  std::uint64_t bytes_ = 0;
};

}  // namespace sextant
