// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Error relay: finds the inner packet behind the headers that this node pushed.
#include "error_relay.hpp"

#include <algorithm>

namespace sextant {

namespace {

// Policies that may have encapsulated one packet at this node.
constexpr unsigned kMaxDepth = 4;
constexpr std::uint32_t kMinMtu6 = 1280;
constexpr std::uint32_t kMinMtu4 = 68;

struct Inner {
  std::size_t offset = 0;
  std::uint8_t protocol = 0;
};

// The packet directly inside an IPv6 header; nothing when there is none, or when this is not the
// part of a fragmented packet that has it.
std::optional<Inner> inside(ByteView packet) {
  const auto upper = walk_ipv6(packet);
  if (!upper) return std::nullopt;
  Inner out{upper->offset, upper->protocol};
  if (upper->fragment) {
    const auto fragment = read_header<Ipv6FragmentHeader>(packet, out.offset);
    if (!fragment || fragment->offset.host() >> 3 != 0) return std::nullopt;
    out = {out.offset + sizeof *fragment, fragment->next_header};
  }
  if (out.protocol != ip_protocol::kIpv6 && out.protocol != ip_protocol::kIpv4) return std::nullopt;
  return out;
}

// Goes inwards as long as the packet is an encapsulation of this node.
std::optional<Inner> innermost(ByteView quoted, const IsOwnSource& is_own) {
  std::optional<Inner> found;
  std::size_t at = 0;
  for (unsigned depth = 0; depth < kMaxDepth; ++depth) {
    const auto ip = read_header<Ipv6Header>(quoted, at);
    if (!ip || ip->version_class_label.host() >> 28 != 6 || !is_own(ip->source)) break;
    const auto next = inside(quoted.subspan(at));
    if (!next) break;
    at += next->offset;
    found = Inner{at, next->protocol};
    if (next->protocol != ip_protocol::kIpv6) break;
  }
  return found;
}

std::uint32_t inner_mtu(std::uint32_t mtu, std::size_t offset, std::uint32_t least) {
  return mtu > offset + least ? mtu - static_cast<std::uint32_t>(offset) : least;
}

std::optional<IcmpErrorKind> kind_for_ipv6(const Ipv6Header& ip, const IcmpErrorKind& kind,
                                           std::size_t offset) {
  if (kind.type != icmp6::kPacketTooBig) {
    return IcmpErrorKind{icmp6::kDestinationUnreachable, icmp_code::kIcmp6AddressUnreachable, 0};
  }
  if (ip.payload_length.host() + sizeof ip <= kMinMtu6) return std::nullopt;
  return IcmpErrorKind{icmp6::kPacketTooBig, 0, inner_mtu(kind.parameter, offset, kMinMtu6)};
}

std::optional<IcmpErrorKind> kind_for_ipv4(const Ipv4Header& ip, const IcmpErrorKind& kind,
                                           std::size_t offset) {
  if (kind.type != icmp6::kPacketTooBig) {
    return IcmpErrorKind{icmp4::kDestinationUnreachable, icmp_code::kIcmp4HostUnreachable, 0};
  }
  if ((ip.fragment.host() & Ipv4Header::kDontFragment) == 0) return std::nullopt;
  const std::uint32_t mtu = inner_mtu(std::min(kind.parameter, 65535u), offset, kMinMtu4);
  return IcmpErrorKind{icmp4::kDestinationUnreachable, icmp4::kCodeFragmentationNeeded, mtu};
}

}  // namespace

std::optional<RelayedError> relay_error(ByteView quoted, const IcmpErrorKind& kind,
                                        const IsOwnSource& is_own) {
  const auto found = innermost(quoted, is_own);
  if (!found) return std::nullopt;
  RelayedError out;
  out.inner = quoted.subspan(found->offset);
  std::optional<IcmpErrorKind> translated;
  if (found->protocol == ip_protocol::kIpv6) {
    const auto ip = read_header<Ipv6Header>(out.inner);
    if (!ip) return std::nullopt;
    out.inner_source = ip->source;
    translated = kind_for_ipv6(*ip, kind, found->offset);
  } else {
    const auto ip = read_header<Ipv4Header>(out.inner);
    if (!ip) return std::nullopt;
    out.inner_source = ip->source;
    translated = kind_for_ipv4(*ip, kind, found->offset);
  }
  if (!translated) return std::nullopt;
  out.kind = *translated;
  return out;
}

std::optional<Bytes> make_relayed_error(const RelayedError& error, const IpAddress& source) {
  if (source.family != error.inner_source.family) return std::nullopt;
  if (source.is_v6()) return make_icmp6_error(error.inner, source.v6, error.kind);
  return make_icmp4_error(error.inner, source.v4, error.kind);
}

}  // namespace sextant
