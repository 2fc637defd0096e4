// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Device strings: what they name, what a driver needs in them, and what to check when one fails.
#pragma once

#include <optional>
#include <string>

#include <sextant/ports/runtime_config.hpp>

namespace sextant {

// True for "0000:3b:00.0" and "3b:00.0", with or without arguments behind a comma.
[[nodiscard]] bool is_pci_device(const std::string& device);

// "net_tap0" of "net_tap0,iface=tap0".
[[nodiscard]] std::string device_name(const std::string& device);

// The value of an argument: "tap0" for "iface".
[[nodiscard]] std::optional<std::string> device_argument(const std::string& device,
                                                         const std::string& key);

// The device string with arguments added that the driver needs for this configuration (queue pairs
// and frame size of net_af_packet ...), unless they are there already.
[[nodiscard]] std::string complete_device(const PortConfig& config);

// What to check when this device fails with this negative errno; looks at the machine. Never empty.
[[nodiscard]] std::string device_hint(const std::string& device, int code);

// The index of the kernel interface that a device names as iface; 0: it names none, or there is
// none.
[[nodiscard]] unsigned kernel_interface_index(const std::string& device);

// Sets the MTU of the kernel interface that a device names as iface; 0 or a negative errno.
[[nodiscard]] int set_kernel_mtu(const std::string& device, unsigned mtu);

// Whether the kernel interface of a net_tap is there without this process, with its addresses and
// routes: "ip tuntap add ... mode tap multi_queue".
[[nodiscard]] bool outlives_process(const std::string& device);

}  // namespace sextant
