// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// PortWatch: notices that the kernel interface behind a port is gone, and opens the port again when
// it is back.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <sextant/common/result.hpp>

#include "dataplane/tables/rcu_publisher.hpp"
#include "port.hpp"

namespace sextant {

// For the log: once when a port goes, once when it is back, once per reason why it cannot be
// opened.
struct PortEvent {
  bool good = false;
  std::string text;
};

// A device is closed and opened only while no lcore uses it: it is marked unusable, and left alone
// until every lcore has begun another turn. Control thread only.
class PortWatch {
 public:
  // Opens a port again and tells the lcores its id; the port is not usable yet. ports: null where
  // there is none.
  using Reopen = std::function<Status(PortIndex)>;

  PortWatch(const std::vector<std::unique_ptr<Port>>& ports, RcuPublisher& publisher, Reopen reopen)
      : ports_(ports), publisher_(publisher), reopen_(std::move(reopen)), states_(ports.size()) {}

  // The port was taken out; another one may come in its place.
  void forget(PortIndex port) { states_[port] = {}; }

  // Cheap enough for a few times a second: one system call per port on a kernel interface.
  [[nodiscard]] std::vector<PortEvent> poll(std::uint64_t now_ns);

 private:
  enum class Phase : std::uint8_t { kUp, kLeaving, kGone, kRemoved };
  struct State {
    Phase phase = Phase::kUp;
    std::uint64_t token = 0;  // kLeaving: of the turns that may still use it
    std::uint64_t next_try_ns = 0;
    std::string refusal;  // told already
  };

  void leave(Port& port, State& state, std::vector<PortEvent>& events);
  void come_back(PortIndex index, std::uint64_t now_ns, std::vector<PortEvent>& events);

  const std::vector<std::unique_ptr<Port>>& ports_;
  RcuPublisher& publisher_;
  Reopen reopen_;
  std::vector<State> states_;
};

}  // namespace sextant
