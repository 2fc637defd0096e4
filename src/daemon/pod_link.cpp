// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Taps and veth pairs in network namespaces.
#include "pod_link.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/ethtool.h>
#include <linux/if_tun.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <utility>

#include "control/compile/compile.hpp"
#include "netlink.hpp"

namespace sextant {

namespace {

constexpr std::array<std::string_view, 3> kTypes = {"tap", "veth", "memif"};

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int get() const { return number_; }
  int release() { return std::exchange(number_, -1); }

 private:
  int number_;
};

Error failed(const std::string& what) {
  return Error{fmt::format("{}: {}", what, std::strerror(errno))};
}

// The namespace of the process, not that of the thread.
Status go_home() {
  const Descriptor home(
      open(fmt::format("/proc/{}/ns/net", getpid()).c_str(), O_RDONLY | O_CLOEXEC));
  if (home.get() < 0 || setns(home.get(), CLONE_NEWNET) != 0) return failed("own namespace");
  return Ok{};
}

// The thread is in the pod's namespace as long as this lives.
class InPod {
 public:
  static Status enter(int netns, const Pod& pod) {
    if (setns(netns, CLONE_NEWNET) == 0) return Ok{};
    return failed("cannot enter the network namespace " + pod.netns);
  }
  InPod() = default;
  ~InPod() { static_cast<void>(go_home()); }
  InPod(const InPod&) = delete;
  InPod& operator=(const InPod&) = delete;
};

Result<int> open_netns(const Pod& pod) {
  const int netns = open(pod.netns.c_str(), O_RDONLY | O_CLOEXEC);
  if (netns < 0) return failed("network namespace " + pod.netns);
  return netns;
}

// Tells a link of ours, and of which container.
std::string alias_of(const Pod& pod) {
  return "sextant " + pod.container;
}

// /proc/sys/net shows the namespace of the thread.
void set_ipv6(const std::string& ifname, const char* key, const char* value) {
  const std::string path = fmt::format("/proc/sys/net/ipv6/conf/{}/{}", ifname, key);
  const Descriptor file(open(path.c_str(), O_WRONLY | O_CLOEXEC));
  // A kernel without IPv6 has none of them.
  if (file.get() >= 0) static_cast<void>(!write(file.get(), value, std::strlen(value)));
}

Result<int> open_tap(const Pod& pod) {
  Descriptor tap(open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC));
  if (tap.get() < 0) return failed("/dev/net/tun");
  ifreq request{};
  request.ifr_flags = IFF_TAP | IFF_NO_PI;
  pod.ifname.copy(request.ifr_name, IF_NAMESIZE - 1);
  if (ioctl(tap.get(), TUNSETIFF, &request) != 0) return failed("tap " + pod.ifname);
  // It outlives the process: a restart finds addresses, routes and connections of the pod again.
  if (ioctl(tap.get(), TUNSETPERSIST, 1) != 0) return failed("tap " + pod.ifname);
  return tap.release();
}

// A frame that leaves a veth by way of the kernel's other end must be complete and short.
Status disable_offloads(const std::string& ifname) {
  const Descriptor socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  for (const std::uint32_t command : {ETHTOOL_STXCSUM, ETHTOOL_STSO, ETHTOOL_SGSO}) {
    ethtool_value value{.cmd = command, .data = 0};
    ifreq request{};
    ifname.copy(request.ifr_name, IF_NAMESIZE - 1);
    request.ifr_data = reinterpret_cast<char*>(&value);
    if (ioctl(socket.get(), SIOCETHTOOL, &request) != 0 && errno != EOPNOTSUPP) {
      return failed("offloads of " + ifname);
    }
  }
  return Ok{};
}

// Addresses, gateways and routes; in the pod's namespace.
Status configure(Netlink& netlink, const Pod& pod, int index) {
  const bool has_v4 = std::any_of(pod.addresses.begin(), pod.addresses.end(),
                                  [](const IpAddress& a) { return !a.is_v6(); });
  const bool has_v6 = std::any_of(pod.addresses.begin(), pod.addresses.end(),
                                  [](const IpAddress& a) { return a.is_v6(); });
  const bool bare = pod.addresses.empty();
  set_ipv6(pod.ifname, "disable_ipv6", has_v6 || bare ? "0" : "1");
  set_ipv6(pod.ifname, "accept_ra", "0");
  // What a chain sends through an interface without address is all that passes there.
  if (bare) set_ipv6(pod.ifname, "addr_gen_mode", "1");
  if (auto status = netlink.set_link(index, pod.mtu, alias_of(pod)); !status) return status;
  for (const IpAddress& address : pod.addresses) {
    if (auto status = netlink.add_address(index, address); !status) return status;
  }
  const IpAddress gateway4 = pod_gateway_v4();
  const IpAddress gateway6 = pod_gateway_v6(pod);
  std::vector<IpAddress> gateways;
  if (has_v4 || bare) gateways.push_back(gateway4);
  if (has_v6 || bare) gateways.push_back(gateway6);
  // A function has routes of its own making by these.
  if (pod.is_extra() && (has_v6 || bare)) gateways.push_back(extra_gateway_v6());
  for (const IpAddress& gateway : gateways) {
    if (auto status = netlink.add_neighbor(index, gateway, pod.mac); !status) return status;
  }
  // The main interface has it; an extra one's routes are on the link without.
  if (has_v4 && !pod.is_extra()) {
    if (auto status = netlink.add_route(index, {gateway4, 32}, std::nullopt); !status)
      return status;
  }
  for (const IpPrefix& route : pod.routes) {
    if (route.address.is_v6() ? !has_v6 : !has_v4) continue;
    const auto status =
        netlink.add_route(index, route, route.address.is_v6() ? gateway6 : gateway4);
    if (!status) return status;
  }
  return Ok{};
}

// The pod's link as it is to be; in the pod's namespace.
Result<KernelLink> found_link(Netlink& netlink, const Pod& pod) {
  auto link = netlink.link(pod.ifname);
  if (!link) return link.error();
  if (!*link) return Error{fmt::format("there is no interface {} in {}", pod.ifname, pod.netns)};
  return **link;
}

// What a former attempt has left, which nobody has in its list.
Status clear_name(Netlink& netlink, const Pod& pod) {
  const auto link = netlink.link(pod.ifname);
  if (!link) return link.error();
  if (!*link) return Ok{};
  if ((*link)->alias == alias_of(pod)) return netlink.delete_link((*link)->index);
  return Error{fmt::format("the name {} is taken in {}", pod.ifname, pod.netns)};
}

// A new link gets its address; one that is there keeps it.
Result<MacAddress> choose_mac(Netlink& netlink, const KernelLink& link, const MacAddress& mac,
                              bool fresh) {
  if (!fresh || mac.is_zero()) return link.mac;
  if (auto status = netlink.set_mac(link.index, mac); !status) return status.error();
  return mac;
}

Result<PodLink> make_tap(const Pod& pod, bool again, int netns) {
  if (auto status = InPod::enter(netns, pod); !status) return status.error();
  const InPod inside;
  auto netlink = Netlink::open();
  if (!netlink) return netlink.error();
  if (!again) {
    if (auto status = clear_name(*netlink, pod); !status) return status.error();
  }
  auto opened = open_tap(pod);
  if (!opened) return opened.error();
  Descriptor tap(*opened);
  PodLink out;
  const auto finish = [&]() -> Status {
    const auto link = found_link(*netlink, pod);
    if (!link) return link.error();
    const auto mac = choose_mac(*netlink, *link, pod.pod_mac, !again);
    if (!mac) return mac.error();
    out.pod_mac = *mac;
    return configure(*netlink, pod, link->index);
  };
  if (auto status = finish(); !status) {
    if (!again) ioctl(tap.get(), TUNSETPERSIST, 0);
    return status.error();
  }
  out.tap = tap.release();
  return out;
}

// What a process has left that did not end by itself: nobody listens there. (To connect and go is
// no way to ask: it makes DPDK's interrupt thread end the process.)
void remove_stale_socket(const std::string& path) {
  std::ifstream sockets("/proc/net/unix");
  for (std::string line; std::getline(sockets, line);) {
    if (line.ends_with(" " + path)) return;
  }
  if (sockets.eof()) unlink(path.c_str());
}

// Nobody but root and the pod's user gets to the socket, whatever the permissions of that.
Status make_socket_folder(const Pod& pod) {
  const std::filesystem::path folder = std::filesystem::path(pod.host_link).parent_path();
  std::error_code error;
  std::filesystem::create_directories(folder.parent_path(), error);
  if (mkdir(folder.c_str(), S_IRWXU) != 0 && errno != EEXIST) return failed(folder.string());
  const Descriptor opened(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (opened.get() < 0) return failed(folder.string());
  if (fchown(opened.get(), pod.memif_uid, static_cast<gid_t>(-1)) != 0 ||
      fchmod(opened.get(), S_IRWXU) != 0) {
    return failed(folder.string());
  }
  remove_stale_socket(pod.host_link);
  return Ok{};
}

Status check_socket(const Pod& pod) {
  struct stat info {};
  if (lstat(pod.host_link.c_str(), &info) != 0) return failed("socket " + pod.host_link);
  if (!S_ISSOCK(info.st_mode)) return Error{pod.host_link + " is no socket"};
  return Ok{};
}

// The pod's end; in its namespace.
Result<MacAddress> configure_veth(const Pod& pod, bool fresh) {
  auto netlink = Netlink::open();
  if (!netlink) return netlink.error();
  const auto link = found_link(*netlink, pod);
  if (!link) return link.error();
  const auto mac = choose_mac(*netlink, *link, pod.pod_mac, fresh);
  if (!mac) return mac.error();
  if (auto status = disable_offloads(pod.ifname); !status) return status.error();
  if (auto status = configure(*netlink, pod, link->index); !status) return status.error();
  return *mac;
}

Result<PodLink> make_veth(const Pod& pod, bool again, int netns) {
  auto netlink = Netlink::open();
  if (!netlink) return netlink.error();
  auto host = netlink->link(pod.host_link);
  if (!host) return host.error();
  // A leftover: of an attempt that nobody knows of.
  if (!again && *host) {
    if (auto status = netlink->delete_link((*host)->index); !status) return status.error();
    *host = std::nullopt;
  }
  const bool fresh = !*host;
  if (fresh) {
    if (auto status = netlink->add_veth(pod.host_link, pod.ifname, netns); !status) {
      return status.error();
    }
    host = netlink->link(pod.host_link);
    if (!host) return host.error();
    if (!*host) return Error{pod.host_link + " is gone at once"};
  }
  const int index = (*host)->index;
  const auto finish = [&]() -> Result<PodLink> {
    // The kernel of the node must not answer in the forwarder's place.
    set_ipv6(pod.host_link, "disable_ipv6", "1");
    if (auto status = netlink->set_link(index, pod.mtu, alias_of(pod)); !status) {
      return status.error();
    }
    Pod known = pod;
    const auto own = choose_mac(*netlink, **host, pod.mac, fresh);
    if (!own) return own.error();
    known.mac = *own;
    if (auto status = InPod::enter(netns, pod); !status) return status.error();
    const InPod inside;
    const auto mac = configure_veth(known, fresh);
    if (!mac) return mac.error();
    return PodLink{.pod_mac = *mac, .host_mac = known.mac};
  };
  auto out = finish();
  if (!out && fresh) static_cast<void>(netlink->delete_link(index));
  return out;
}

}  // namespace

std::string_view name_of(PodPortType type) {
  return kTypes[static_cast<std::size_t>(type)];
}

std::optional<PodPortType> pod_port_type(std::string_view name) {
  const auto at = std::find(kTypes.begin(), kTypes.end(), name);
  if (at == kTypes.end()) return std::nullopt;
  return static_cast<PodPortType>(at - kTypes.begin());
}

std::string Pod::title() const {
  const std::string name = pod_name.empty() ? "" : pod_namespace + "/" + pod_name + " ";
  return fmt::format("pod {}({} of {})", name, ifname, container.substr(0, 12));
}

IpAddress pod_gateway_v4() {
  return Ipv4Address{{169, 254, 1, 1}};
}

IpAddress pod_gateway_v6(const Pod& pod) {
  return link_local_address(pod.mac);
}

IpAddress extra_gateway_v6() {
  Ipv6Address out;
  out.bytes[0] = 0xfe;
  out.bytes[1] = 0x80;
  out.bytes[15] = 1;
  return out;
}

Result<PodLink> make_pod_link(const Pod& pod, bool again) {
  if (pod.type == PodPortType::kMemif) {
    if (again && !pod.netns.empty() && !std::filesystem::exists(pod.netns)) {
      return Error{fmt::format("{}: {} is gone", pod.title(), pod.netns)};
    }
    if (auto status = make_socket_folder(pod); !status) return status.error();
    return PodLink{};
  }
  const auto opened = open_netns(pod);
  if (!opened) return opened.error();
  const Descriptor netns(*opened);
  auto link = pod.type == PodPortType::kTap ? make_tap(pod, again, netns.get())
                                            : make_veth(pod, again, netns.get());
  if (!link) return Error{fmt::format("{}: {}", pod.title(), link.error().text)};
  return link;
}

Status check_pod_link(const Pod& pod) {
  if (pod.type == PodPortType::kMemif) return check_socket(pod);
  const auto opened = open_netns(pod);
  if (!opened) return opened.error();
  const Descriptor netns(*opened);
  if (auto status = InPod::enter(netns.get(), pod); !status) return status;
  const InPod inside;
  auto netlink = Netlink::open();
  if (!netlink) return netlink.error();
  const auto link = found_link(*netlink, pod);
  if (!link) return link.error();
  if (!link->up) return Error{fmt::format("{} is down in {}", pod.ifname, pod.netns)};
  if (link->mac != pod.pod_mac) {
    return Error{fmt::format("{} has MAC address {} instead of {}", pod.ifname,
                             link->mac.to_string(), pod.pod_mac.to_string())};
  }
  const auto addresses = netlink->addresses(link->index);
  if (!addresses) return addresses.error();
  for (const IpAddress& address : pod.addresses) {
    if (std::find(addresses->begin(), addresses->end(), address) == addresses->end()) {
      return Error{fmt::format("{} does not have the address {}", pod.ifname, address.to_string())};
    }
  }
  return Ok{};
}

Status remove_pod_link(const Pod& pod) {
  if (pod.type == PodPortType::kVeth && !pod.host_link.empty()) {
    auto netlink = Netlink::open();
    if (!netlink) return netlink.error();
    const auto link = netlink->link(pod.host_link);
    if (!link) return link.error();
    return *link ? netlink->delete_link((*link)->index) : Status(Ok{});
  }
  if (pod.type == PodPortType::kMemif) {
    // When the last of its sockets is gone.
    rmdir(std::filesystem::path(pod.host_link).parent_path().c_str());
    return Ok{};
  }
  if (pod.netns.empty()) return Ok{};
  const Descriptor netns(open(pod.netns.c_str(), O_RDONLY | O_CLOEXEC));
  // Gone, and with it what was in it.
  if (netns.get() < 0 || setns(netns.get(), CLONE_NEWNET) != 0) return Ok{};
  const InPod inside;
  auto netlink = Netlink::open();
  if (!netlink) return netlink.error();
  const auto link = netlink->link(pod.ifname);
  if (!link) return link.error();
  if (!*link || (*link)->alias != alias_of(pod)) return Ok{};
  return netlink->delete_link((*link)->index);
}

}  // namespace sextant
