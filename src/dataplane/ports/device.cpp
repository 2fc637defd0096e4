// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Reading and completing device strings, and explaining failures.
#include "device.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <string_view>

namespace sextant {

namespace {

constexpr std::array<std::string_view, 9> kVdevDrivers = {
    "net_af_packet", "net_af_xdp", "net_tap",  "net_memif", "net_virtio_user",
    "virtio_user",   "net_ring",   "net_null", "net_pcap"};

bool starts_with(std::string_view text, std::string_view start) {
  return text.substr(0, start.size()) == start;
}

// linux/capability.h
constexpr unsigned kCapNetAdmin = 12;
constexpr unsigned kCapNetRaw = 13;

bool has_capability(unsigned capability) {
  std::ifstream in("/proc/self/status");
  std::string word;
  while (in >> word) {
    if (word != "CapEff:") continue;
    in >> word;
    return (std::stoull(word, nullptr, 16) >> capability & 1) != 0;
  }
  return geteuid() == 0;
}

std::string pci_hint(const std::string& name) {
  namespace fs = std::filesystem;
  const std::string full = std::count(name.begin(), name.end(), ':') == 1 ? "0000:" + name : name;
  const fs::path folder = fs::path("/sys/bus/pci/devices") / full;
  std::error_code ignored;
  if (!fs::exists(folder, ignored)) {
    return fmt::format("there is no PCI device {}: see 'lspci -D'", full);
  }
  const std::string driver = fs::read_symlink(folder / "driver", ignored).filename().string();
  if (driver.empty()) {
    return fmt::format("it is bound to no driver: 'dpdk-devbind.py --bind=vfio-pci {}'", full);
  }
  const bool usable = driver == "vfio-pci" || driver == "uio_pci_generic" || driver == "igb_uio" ||
                      starts_with(driver, "mlx");
  if (!usable) {
    return fmt::format(
        "it is bound to the kernel driver '{}': 'dpdk-devbind.py --bind=vfio-pci {}'", driver,
        full);
  }
  return "check IOMMU and huge pages, and that no other process uses the device";
}

std::string unknown_driver_hint(const std::string& name) {
  return fmt::format(
      "'{}' names no driver: use a PCI address, or one of {} with a number, as in "
      "'net_tap0,iface=tap0'",
      name, fmt::join(kVdevDrivers, ", "));
}

// Of drivers that work on a kernel interface.
std::string kernel_interface_hint(const std::string& device, bool must_exist) {
  const auto interface = device_argument(device, "iface");
  if (!interface) {
    return must_exist ? "it needs the name of an interface: add ',iface=NAME'" : "";
  }
  if (interface->size() >= IF_NAMESIZE) {
    return fmt::format("'{}' is longer than the {} characters of an interface name", *interface,
                       IF_NAMESIZE - 1);
  }
  if (must_exist && if_nametoindex(interface->c_str()) == 0) {
    return fmt::format("there is no interface '{}' in this network namespace: see 'ip link'",
                       *interface);
  }
  return "";
}

std::string pcap_hint(const std::string& device) {
  const auto file = device_argument(device, "rx_pcap");
  if (file && access(file->c_str(), R_OK) != 0) {
    return fmt::format("the capture '{}' cannot be read", *file);
  }
  return kernel_interface_hint(device, device_argument(device, "iface").has_value());
}

std::string af_packet_hint(const std::string& device) {
  std::string hint = kernel_interface_hint(device, true);
  if (hint.empty() && !has_capability(kCapNetRaw)) hint = "it needs root or CAP_NET_RAW";
  if (hint.empty()) hint = "check that the interface is up and its kernel driver allows the MTU";
  return hint;
}

std::string tap_hint(const std::string& device) {
  std::string hint = kernel_interface_hint(device, false);
  if (!hint.empty()) return hint;
  if (access("/dev/net/tun", F_OK) != 0) return "there is no /dev/net/tun: 'modprobe tun'";
  if (access("/dev/net/tun", R_OK | W_OK) != 0)
    return "/dev/net/tun may not be opened: run as root";
  if (!has_capability(kCapNetAdmin)) return "it needs root or CAP_NET_ADMIN";
  return "check that no other process uses an interface of that name";
}

std::string vdev_hint(const std::string& device) {
  if (starts_with(device, "net_af_packet") || starts_with(device, "net_af_xdp")) {
    return af_packet_hint(device);
  }
  if (starts_with(device, "net_tap")) return tap_hint(device);
  if (starts_with(device, "net_pcap")) return pcap_hint(device);
  if (starts_with(device, "net_memif")) {
    return "check that the folder of 'socket' exists, and that a server runs before its client";
  }
  if (starts_with(device, "virtio_user") || starts_with(device, "net_virtio_user")) {
    return "check 'path' (a vhost socket, or /dev/vhost-net with root)";
  }
  return "";
}

// Bytes of a slot of af_packet's ring: the frame with VLAN tags, and the kernel's header of 80
// bytes in front of it. Not much more, since the driver wants buffers as large as the slot.
unsigned slot_size(unsigned mtu) {
  constexpr unsigned kSmallest = 2048;
  constexpr unsigned kStep = 256;
  return std::max(kSmallest, (mtu + 128 + kStep - 1) / kStep * kStep);
}

// Slots that make whole pages: the driver takes them for contiguous, the kernel fills pages.
constexpr unsigned kSlotsPerBlock = 16;

}  // namespace

bool is_pci_device(const std::string& device) {
  const std::string name = device_name(device);
  // [domain:]bus:device.function
  const std::size_t dot = name.rfind('.');
  if (dot == std::string::npos || dot + 2 != name.size()) return false;
  const auto colons = std::count(name.begin(), name.end(), ':');
  if (colons != 1 && colons != 2) return false;
  return std::all_of(name.begin(), name.end(),
                     [](unsigned char c) { return std::isxdigit(c) != 0 || c == ':' || c == '.'; });
}

std::string device_name(const std::string& device) {
  return device.substr(0, device.find(','));
}

std::optional<std::string> device_argument(const std::string& device, const std::string& key) {
  std::size_t at = device.find(',');
  while (at != std::string::npos) {
    const std::size_t end = device.find(',', at + 1);
    const std::string pair = device.substr(at + 1, end == std::string::npos ? end : end - at - 1);
    if (const std::size_t equal = pair.find('='); pair.substr(0, equal) == key) {
      return equal == std::string::npos ? "" : pair.substr(equal + 1);
    }
    at = end;
  }
  return std::nullopt;
}

std::string complete_device(const PortConfig& config) {
  std::string device = config.device;
  const auto add = [&](const char* key, unsigned value) {
    if (!device_argument(device, key)) device += fmt::format(",{}={}", key, value);
  };
  if (starts_with(device, "net_af_packet")) {
    // The kernel spreads packets over all pairs, polled or not.
    if (config.queues > 1) add("qpairs", config.queues);
    const unsigned slot = slot_size(config.mtu);
    if (slot > 2048 && !device_argument(device, "framesz")) {
      add("blocksz", slot * kSlotsPerBlock);
      add("framesz", slot);
    }
  }
  if (starts_with(device, "net_af_xdp") && config.queues > 1) add("queue_count", config.queues);
  if (starts_with(device, "net_virtio_user") || starts_with(device, "virtio_user")) {
    if (config.queues > 1) add("queues", config.queues);
  }
  return device;
}

std::string device_hint(const std::string& device, int code) {
  const std::string name = device_name(device);
  std::string hint;
  if (is_pci_device(device)) {
    hint = pci_hint(name);
  } else if (std::none_of(kVdevDrivers.begin(), kVdevDrivers.end(),
                          [&](std::string_view driver) { return starts_with(name, driver); })) {
    hint = unknown_driver_hint(name);
  } else {
    hint = vdev_hint(device);
  }
  if (!hint.empty()) return hint;
  if (code == -ENOMEM) return "raise memory_mb or the huge pages, or lower queues and descriptors";
  if (code == -EEXIST) return "another port of this process has the same device";
  return "check the arguments in 'device' against the documentation of its driver";
}

unsigned kernel_interface_index(const std::string& device) {
  const auto interface = device_argument(device, "iface");
  return interface ? if_nametoindex(interface->c_str()) : 0;
}

int set_kernel_mtu(const std::string& device, unsigned mtu) {
  const auto interface = device_argument(device, "iface");
  if (!interface || interface->size() >= IF_NAMESIZE) return -EINVAL;
  const int socket = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (socket < 0) return -errno;
  ifreq request{};
  interface->copy(request.ifr_name, IF_NAMESIZE - 1);
  request.ifr_mtu = static_cast<int>(mtu);
  const int code = ioctl(socket, SIOCSIFMTU, &request) < 0 ? -errno : 0;
  close(socket);
  return code;
}

bool outlives_process(const std::string& device) {
  constexpr unsigned kPersist = 0x800;  // IFF_PERSIST in linux/if_tun.h
  const auto interface = device_argument(device, "iface");
  if (!starts_with(device, "net_tap") || !interface) return false;
  std::ifstream in("/sys/class/net/" + *interface + "/tun_flags");
  unsigned flags = 0;
  in >> std::hex >> flags;
  return in && (flags & kPersist) != 0;
}

}  // namespace sextant
