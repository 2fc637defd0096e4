// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// What of a configuration cannot change while the process runs.
#pragma once

#include "control/runtime/config_file.hpp"

namespace sextant {

// Compares wanted with the configuration that the process was started with, and adds an error that
// names the field to wanted for whatever needs a restart: EAL, lcores, memory, devices and queues
// of ports that stay, the introspection listener. Ports may come and go: afterwards those of wanted
// stand in their places (PortIndex), one that stays where it was, by name, and a place without a
// name has no port; interfaces follow. An MTU may be anything up to the one that the port was
// opened with. Pure.
void check_runtime_change(const LoadedConfig& started, LoadedConfig& wanted);

}  // namespace sextant
