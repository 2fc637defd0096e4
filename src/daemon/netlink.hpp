// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Netlink: the few requests of rtnetlink(7) that set up a pod's interface.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <sextant/common/result.hpp>
#include <sextant/net/ip_address.hpp>

namespace sextant {

struct KernelLink {
  int index = 0;
  bool up = false;
  unsigned mtu = 0;
  MacAddress mac;
  std::string alias;
};

// A socket of the network namespace that the thread is in when it is opened. What is there already
// is no error. Blocks for as long as the kernel takes.
class Netlink {
 public:
  static Result<Netlink> open();
  ~Netlink();
  Netlink(Netlink&& other) noexcept;
  Netlink& operator=(Netlink&&) = delete;

  // None: there is no such interface.
  Result<std::optional<KernelLink>> link(const std::string& name);
  // Fails when one of the names is taken. netns: of the peer, by descriptor.
  Status add_veth(const std::string& name, const std::string& peer, int netns);
  Status delete_link(int index);
  Status set_mac(int index, const MacAddress& mac);
  // MTU and alias, and up.
  Status set_link(int index, unsigned mtu, const std::string& alias);
  Status add_address(int index, const IpAddress& address);
  // Permanent.
  Status add_neighbor(int index, const IpAddress& address, const MacAddress& mac);
  // gateway: none for a destination on the link.
  Status add_route(int index, const IpPrefix& prefix, const std::optional<IpAddress>& gateway);
  // Addresses of an interface.
  Result<std::vector<IpAddress>> addresses(int index);

 private:
  class Request;
  explicit Netlink(int socket) : socket_(socket) {}

  // Sends it and waits for the acknowledgement; what: for the message of a failure.
  Status acknowledge(Request& request, const std::string& what);
  // Calls each(const nlmsghdr&) for the replies of a dump or of one question.
  template <typename Each>
  Status ask(Request& request, const std::string& what, Each each);

  int socket_ = -1;
  std::uint32_t sequence_ = 0;
};

}  // namespace sextant
