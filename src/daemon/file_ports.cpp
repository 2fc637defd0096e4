// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// What to open before, and what to close after a publication.
#include "file_ports.hpp"

#include <utility>

#include "log.hpp"

namespace sextant {

namespace {

const PortConfig& at(const std::vector<PortConfig>& ports, std::size_t place) {
  static const PortConfig none;
  return place < ports.size() ? ports[place] : none;
}

// Calls each(place, port) for what stands in ports and not in others.
template <typename Each>
void for_missing(const std::vector<PortConfig>& ports, const std::vector<PortConfig>& others,
                 Each each) {
  for (std::size_t place = 0; place < ports.size(); ++place) {
    const PortConfig& port = ports[place];
    if (!port.name.empty() && at(others, place).name != port.name) {
      each(static_cast<PortIndex>(place), port);
    }
  }
}

}  // namespace

Status FilePorts::prepare(const std::vector<PortConfig>& wanted) {
  wanted_ = wanted;
  Status out = Ok{};
  std::vector<PortIndex> opened;
  for_missing(wanted_, open_, [&](PortIndex place, const PortConfig& port) {
    if (!out) return;
    out = dataplane_.is_free(place) ? dataplane_.add_port(place, port)
                                    : Status(Error{"port '" + port.name +
                                                   "' cannot be opened before another one is "
                                                   "closed for good: try again in a moment"});
    if (out) opened.push_back(place);
  });
  if (out) {
    tell_facts();
    return out;
  }
  for (const PortIndex place : opened)
    dataplane_.remove_port(place);
  return out;
}

void FilePorts::decide(bool taken) {
  if (taken) std::swap(open_, wanted_);
  // What only the other list has: removed by the file, or opened for nothing.
  for_missing(wanted_, open_, [&](PortIndex place, const PortConfig& port) {
    log(LogLevel::kInfo, "ports", "{}: closed", port.name);
    dataplane_.remove_port(place);
  });
  tell_facts();
}

void FilePorts::tell_facts() {
  reconciler_.set_facts(
      {.port_macs = dataplane_.port_macs(), .kernel_macs = dataplane_.kernel_macs()});
}

}  // namespace sextant
