// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// FilePorts: opens and closes the ports that a changed configuration file adds and removes.
#pragma once

#include <vector>

#include "control/runtime/reconciler.hpp"
#include "dataplane/ports/dataplane.hpp"

namespace sextant {

// Control thread. Ports stand in their places (PortIndex); a place without a name has none.
class FilePorts {
 public:
  // open: those of the start. Both outlive it.
  FilePorts(Dataplane& dataplane, Reconciler& reconciler, std::vector<PortConfig> open)
      : dataplane_(dataplane), reconciler_(reconciler), open_(std::move(open)) {}

  // Opens what is new in wanted; all or nothing. decide() must follow a success.
  Status prepare(const std::vector<PortConfig>& wanted);
  // taken: the tables do not name ports any more that are not wanted, and they are closed; else
  // those that prepare() has opened are.
  void decide(bool taken);

 private:
  void tell_facts();

  Dataplane& dataplane_;
  Reconciler& reconciler_;
  std::vector<PortConfig> open_;
  std::vector<PortConfig> wanted_;
};

}  // namespace sextant
