// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// PortWatch: one small state machine per port.
#include "port_watch.hpp"

#include <fmt/format.h>

namespace sextant {

namespace {

constexpr std::uint64_t kRetry_ns = 1'000'000'000;

}  // namespace

std::vector<PortEvent> PortWatch::poll(std::uint64_t now_ns) {
  std::vector<PortEvent> events;
  for (PortIndex index = 0; index < ports_.size(); ++index) {
    if (ports_[index] == nullptr) continue;
    Port& port = *ports_[index];
    State& state = states_[index];
    switch (state.phase) {
      case Phase::kUp:
        if (!port.usable() || port.interface_is_another()) leave(port, state, events);
        break;
      case Phase::kLeaving:
        if (!publisher_.passed(state.token)) break;
        port.close();
        state.phase = Phase::kGone;
        break;
      case Phase::kGone:
        if (now_ns >= state.next_try_ns && port.interface_exists()) {
          come_back(index, now_ns, events);
        }
        break;
      case Phase::kRemoved: break;
    }
  }
  return events;
}

void PortWatch::leave(Port& port, State& state, std::vector<PortEvent>& events) {
  port.unplug();
  // A device of the bus is its driver's business: it stays as it is, and unusable.
  const bool may_return = port.has_interface();
  state = {.phase = may_return ? Phase::kLeaving : Phase::kRemoved, .token = publisher_.mark()};
  events.push_back(
      {false, fmt::format("port '{}' ({}): its {} is gone; packets to it are dropped as "
                          "tx_port_down, the other ports go on{}",
                          port.config().name, port.config().device,
                          may_return ? "kernel interface" : "device",
                          may_return ? "; it is opened again when the interface is back" : "")});
}

void PortWatch::come_back(PortIndex index, std::uint64_t now_ns, std::vector<PortEvent>& events) {
  Port& port = *ports_[index];
  State& state = states_[index];
  if (const Status status = reopen_(index); !status) {
    port.close();
    state.next_try_ns = now_ns + kRetry_ns;
    if (state.refusal != status.error().text) {
      state.refusal = status.error().text;
      events.push_back({false, fmt::format("{}; tried again every second", state.refusal)});
    }
    return;
  }
  port.resume();
  state = {};
  events.push_back(
      {true, fmt::format("port '{}' ({}): its interface is back, the port forwards "
                         "again with MAC {}",
                         port.config().name, port.config().device, port.mac().to_string())});
}

}  // namespace sextant
