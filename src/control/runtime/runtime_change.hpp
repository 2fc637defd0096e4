// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// What of a configuration cannot change while the process runs.
#pragma once

#include "control/runtime/config_file.hpp"

namespace sextant {

// Compares wanted with the configuration that the process was started with, and adds an error that
// names the field to wanted for whatever needs a restart: EAL, lcores, memory, ports with their
// devices and queues, the introspection listener. What only moved is not a change: the interfaces
// of wanted are pointed to the ports as they were opened, by name. An MTU may be anything up to
// the one that the port was opened with. Pure.
void check_runtime_change(const LoadedConfig& started, LoadedConfig& wanted);

}  // namespace sextant
