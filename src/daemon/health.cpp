// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// What counts as ready.
#include "health.hpp"

#include <algorithm>

namespace sextant {

Health make_health(const GenerationStatus& generation, const std::vector<PortState>& ports,
                   bool lcores_progress) {
  Health out;
  out.live = lcores_progress;
  out.missing = generation.missing();
  if (!lcores_progress) {
    out.missing.emplace_back("lcores: one of them has made no progress for a second");
  }
  if (std::none_of(ports.begin(), ports.end(),
                   [](const PortState& port) { return port.present; })) {
    out.missing.emplace_back("ports: none of them is there");
  }
  out.ready = out.missing.empty();
  if (std::string notice = generation.notice(); !notice.empty()) {
    out.notices.push_back(std::move(notice));
  }
  for (const PortState& port : ports) {
    if (!port.present) {
      out.notices.push_back("port '" + port.name + "' is gone (" + port.device + ")");
    } else if (!port.link_up) {
      out.notices.push_back("port '" + port.name + "' has no link");
    }
  }
  return out;
}

}  // namespace sextant
