// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Building and reading messages of rtnetlink.
#include "netlink.hpp"

#include <fmt/format.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <utility>

namespace sextant {

namespace {

constexpr std::size_t kReplyBytes = 32768;

std::uint8_t family_of(const IpAddress& address) {
  return address.is_v6() ? AF_INET6 : AF_INET;
}
std::size_t size_of(const IpAddress& address) {
  return static_cast<std::size_t>(address.bits() / 8);
}

// Calls each(type, data, size) for the attributes behind a header of so many bytes.
template <typename Each>
void for_attributes(const nlmsghdr& message, std::size_t header, Each each) {
  const char* at = reinterpret_cast<const char*>(&message) + NLMSG_SPACE(header);
  const char* const end = reinterpret_cast<const char*>(&message) + message.nlmsg_len;
  while (end - at >= static_cast<std::ptrdiff_t>(sizeof(rtattr))) {
    rtattr attribute{};
    std::memcpy(&attribute, at, sizeof attribute);
    if (attribute.rta_len < sizeof attribute || end - at < attribute.rta_len) return;
    each(attribute.rta_type, at + RTA_LENGTH(0), attribute.rta_len - RTA_LENGTH(0));
    at += RTA_ALIGN(attribute.rta_len);
  }
}

}  // namespace

class Netlink::Request {
 public:
  Request(std::uint16_t type, std::uint16_t flags) {
    bytes_.resize(NLMSG_HDRLEN);
    header().nlmsg_type = type;
    header().nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | flags);
  }
  // Of rtnetlink's own headers, and what an attribute holds.
  template <typename T>
  void append(const T& value) {
    append(&value, sizeof value);
  }
  void add(std::uint16_t type, const void* data, std::size_t size) {
    rtattr attribute{};
    attribute.rta_type = type;
    attribute.rta_len = static_cast<std::uint16_t>(RTA_LENGTH(size));
    append(&attribute, sizeof attribute);
    append(data, size);
  }
  void add(std::uint16_t type, const std::string& text) {
    add(type, text.c_str(), text.size() + 1);
  }
  void add(std::uint16_t type, std::uint32_t value) { add(type, &value, sizeof value); }
  void add(std::uint16_t type, const IpAddress& address) {
    add(type, address.data(), size_of(address));
  }
  // An attribute of attributes, until end().
  std::size_t begin(std::uint16_t type) {
    const std::size_t at = bytes_.size();
    add(type, nullptr, 0);
    return at;
  }
  void end(std::size_t at) {
    const auto length = static_cast<std::uint16_t>(bytes_.size() - at);
    std::memcpy(bytes_.data() + at + offsetof(rtattr, rta_len), &length, sizeof length);
  }
  const std::vector<char>& finish(std::uint32_t sequence) {
    header().nlmsg_len = static_cast<std::uint32_t>(bytes_.size());
    header().nlmsg_seq = sequence;
    return bytes_;
  }
  void want_acknowledgement() { header().nlmsg_flags |= NLM_F_ACK; }

 private:
  nlmsghdr& header() { return *reinterpret_cast<nlmsghdr*>(bytes_.data()); }
  void append(const void* data, std::size_t size) {
    const std::size_t at = bytes_.size();
    bytes_.resize(at + NLMSG_ALIGN(size));
    if (size > 0) std::memcpy(bytes_.data() + at, data, size);
  }

  std::vector<char> bytes_;
};

Result<Netlink> Netlink::open() {
  const int socket = ::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  if (socket < 0) return Error{fmt::format("no socket for rtnetlink: {}", std::strerror(errno))};
  return Netlink(socket);
}

Netlink::Netlink(Netlink&& other) noexcept
    : socket_(std::exchange(other.socket_, -1)), sequence_(other.sequence_) {}

Netlink::~Netlink() {
  if (socket_ >= 0) close(socket_);
}

template <typename Each>
Status Netlink::ask(Request& request, const std::string& what, Each each) {
  const auto failed = [&](int code) {
    return Error{fmt::format("{}: {}", what, std::strerror(code))};
  };
  const std::vector<char>& bytes = request.finish(++sequence_);
  if (send(socket_, bytes.data(), bytes.size(), 0) < 0) return failed(errno);
  alignas(nlmsghdr) char reply[kReplyBytes];
  for (;;) {
    const ssize_t got = recv(socket_, reply, sizeof reply, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed(errno);
    auto left = static_cast<unsigned>(got);
    for (auto* message = reinterpret_cast<nlmsghdr*>(reply); NLMSG_OK(message, left);
         message = NLMSG_NEXT(message, left)) {
      if (message->nlmsg_seq != sequence_) continue;
      if (message->nlmsg_type == NLMSG_DONE) return Ok{};
      if (message->nlmsg_type == NLMSG_ERROR) {
        const int code = -reinterpret_cast<const nlmsgerr*>(NLMSG_DATA(message))->error;
        if (code == 0) return Ok{};
        return failed(code);
      }
      each(*message);
      if ((message->nlmsg_flags & NLM_F_MULTI) == 0) return Ok{};
    }
  }
}

Status Netlink::acknowledge(Request& request, const std::string& what) {
  request.want_acknowledgement();
  return ask(request, what, [](const nlmsghdr&) {});
}

Result<std::optional<KernelLink>> Netlink::link(const std::string& name) {
  const unsigned index = if_nametoindex(name.c_str());
  if (index == 0) return std::optional<KernelLink>{};
  Request request(RTM_GETLINK, 0);
  request.append(ifinfomsg{.ifi_family = AF_UNSPEC, .ifi_index = static_cast<int>(index)});
  KernelLink out;
  const Status status = ask(request, "interface " + name, [&](const nlmsghdr& message) {
    const auto& info = *reinterpret_cast<const ifinfomsg*>(NLMSG_DATA(&message));
    out.index = info.ifi_index;
    out.up = (info.ifi_flags & IFF_UP) != 0;
    for_attributes(message, sizeof info, [&](unsigned type, const char* data, std::size_t size) {
      if (type == IFLA_MTU && size >= sizeof out.mtu) std::memcpy(&out.mtu, data, sizeof out.mtu);
      if (type == IFLA_ADDRESS && size == out.mac.bytes.size()) {
        std::memcpy(out.mac.bytes.data(), data, size);
      }
      if (type == IFLA_IFALIAS && size > 0) out.alias.assign(data, size - 1);
    });
  });
  if (!status) return status.error();
  return std::optional(out);
}

Status Netlink::add_veth(const std::string& name, const std::string& peer, int netns) {
  Request request(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
  request.append(ifinfomsg{.ifi_family = AF_UNSPEC});
  request.add(IFLA_IFNAME, name);
  const std::size_t info = request.begin(IFLA_LINKINFO);
  request.add(IFLA_INFO_KIND, std::string("veth"));
  const std::size_t data = request.begin(IFLA_INFO_DATA);
  const std::size_t other = request.begin(VETH_INFO_PEER);
  request.append(ifinfomsg{.ifi_family = AF_UNSPEC});
  request.add(IFLA_IFNAME, peer);
  request.add(IFLA_NET_NS_FD, static_cast<std::uint32_t>(netns));
  request.end(other);
  request.end(data);
  request.end(info);
  return acknowledge(request, fmt::format("veth pair {} and {}", name, peer));
}

Status Netlink::delete_link(int index) {
  Request request(RTM_DELLINK, 0);
  request.append(ifinfomsg{.ifi_family = AF_UNSPEC, .ifi_index = index});
  return acknowledge(request, "deleting the interface");
}

Status Netlink::set_mac(int index, const MacAddress& mac) {
  Request request(RTM_NEWLINK, 0);
  request.append(ifinfomsg{.ifi_family = AF_UNSPEC, .ifi_index = index});
  request.add(IFLA_ADDRESS, mac.bytes.data(), mac.bytes.size());
  return acknowledge(request, "MAC address " + mac.to_string());
}

Status Netlink::set_link(int index, unsigned mtu, const std::string& alias) {
  Request request(RTM_NEWLINK, 0);
  request.append(ifinfomsg{
      .ifi_family = AF_UNSPEC, .ifi_index = index, .ifi_flags = IFF_UP, .ifi_change = IFF_UP});
  request.add(IFLA_MTU, mtu);
  request.add(IFLA_IFALIAS, alias.data(), alias.size());
  return acknowledge(request, fmt::format("MTU {}", mtu));
}

Status Netlink::add_address(int index, const IpAddress& address) {
  Request request(RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE);
  ifaddrmsg info{};
  info.ifa_family = family_of(address);
  info.ifa_prefixlen = static_cast<std::uint8_t>(address.bits());
  // Nobody else is on the link.
  info.ifa_flags = address.is_v6() ? IFA_F_NODAD : 0;
  info.ifa_index = static_cast<unsigned>(index);
  request.append(info);
  request.add(IFA_LOCAL, address);
  request.add(IFA_ADDRESS, address);
  return acknowledge(request, "address " + address.to_string());
}

Status Netlink::add_neighbor(int index, const IpAddress& address, const MacAddress& mac) {
  Request request(RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE);
  ndmsg info{};
  info.ndm_family = family_of(address);
  info.ndm_ifindex = index;
  info.ndm_state = NUD_PERMANENT;
  request.append(info);
  request.add(NDA_DST, address);
  request.add(NDA_LLADDR, mac.bytes.data(), mac.bytes.size());
  return acknowledge(request, "neighbor " + address.to_string());
}

Status Netlink::add_route(int index, const IpPrefix& prefix,
                          const std::optional<IpAddress>& gateway) {
  Request request(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE);
  rtmsg info{};
  info.rtm_family = family_of(prefix.address);
  info.rtm_dst_len = prefix.len;
  info.rtm_table = RT_TABLE_MAIN;
  info.rtm_protocol = RTPROT_STATIC;
  info.rtm_scope = gateway || prefix.address.is_v6() ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK;
  info.rtm_type = RTN_UNICAST;
  // The gateway is there, whatever other routes say about its address.
  if (gateway) info.rtm_flags = RTNH_F_ONLINK;
  request.append(info);
  if (prefix.len > 0) request.add(RTA_DST, prefix.address);
  if (gateway) request.add(RTA_GATEWAY, *gateway);
  request.add(RTA_OIF, static_cast<std::uint32_t>(index));
  return acknowledge(request, "route " + prefix.to_string());
}

Result<std::vector<IpAddress>> Netlink::addresses(int index) {
  std::vector<IpAddress> out;
  Request request(RTM_GETADDR, NLM_F_DUMP);
  request.append(ifaddrmsg{});
  const Status status = ask(request, "addresses", [&](const nlmsghdr& message) {
    const auto& info = *reinterpret_cast<const ifaddrmsg*>(NLMSG_DATA(&message));
    if (info.ifa_index != static_cast<unsigned>(index)) return;
    for_attributes(message, sizeof info, [&](unsigned type, const char* data, std::size_t size) {
      if (type != IFA_ADDRESS) return;
      if (Ipv6Address six; info.ifa_family == AF_INET6 && size == six.bytes.size()) {
        std::memcpy(six.bytes.data(), data, size);
        out.emplace_back(six);
      } else if (Ipv4Address four; info.ifa_family == AF_INET && size == four.bytes.size()) {
        std::memcpy(four.bytes.data(), data, size);
        out.emplace_back(four);
      }
    });
  });
  if (!status) return status.error();
  return out;
}

}  // namespace sextant
