// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// LOC:FUNCT:ARG, and the prefixes of Contiv-VPP.
#include "control/compile/sid_plan.hpp"

#include <algorithm>
#include <string>

namespace sextant {

namespace {

// Functions of a locator. The argument is the last 48 bits.
enum : std::uint64_t {
  kEndFunction = 0x0001,
  kPodsFunction = 0x0046,
  kHostFunction = 0x0047,
  kHostDx4Function = 0x00e4,
  kHostDx6Function = 0x00e6,
  kPodDx4Function = 0x00d4,    // argument: the address
  kPodDx6Function = 0x00d6,    // argument: the address behind the node's prefix
  kPodHashFunction = 0x00df,   // argument: a hash of an address that does not fit
  kChainFunction = 0x00ad,     // argument: a hash of chain, pod and interfaces
  kChainEndFunction = 0x00de,  // the same
  kNetworkFunction = 0x0048,   // argument: a hash of the network's name
  kUnicastFunction = 0x002c,   // the same
  kFloodFunction = 0x002d,     // the same
};
constexpr unsigned kFunctionBits = 16;
constexpr unsigned kArgumentBits = 48;
constexpr unsigned kNetworkHashBits = 16;
constexpr std::uint64_t kNetworkHashMask = 0xffff;

// Bits [at, at + count) of 128, count at most 64.
std::uint64_t bits_of(const Ipv6Address& a, unsigned at, unsigned count) {
  std::uint64_t out = 0;
  for (unsigned i = at; i < at + count; ++i)
    out = out << 1 | (a.bytes[i / 8] >> (7 - i % 8) & 1u);
  return out;
}

void set_bits(Ipv6Address& a, unsigned at, unsigned count, std::uint64_t value) {
  for (unsigned i = at + count; i-- > at; value >>= 1) {
    const auto mask = static_cast<std::uint8_t>(0x80u >> (i % 8));
    std::uint8_t& byte = a.bytes[i / 8];
    byte = static_cast<std::uint8_t>((value & 1) != 0 ? byte | mask : byte & ~mask);
  }
}

Ipv6Address mapped(const IpAddress& address) {
  if (address.is_v6()) return address.v6;
  Ipv6Address out;
  out.bytes[10] = out.bytes[11] = 0xff;
  for (std::size_t i = 0; i < 4; ++i)
    out.bytes[12 + i] = address.v4.bytes[i];
  return out;
}

Ipv6Address last(std::uint8_t value) {
  Ipv6Address out;
  out.bytes[15] = value;
  return out;
}

Ipv6Address sid_in(const IpPrefix& locator, std::uint64_t function, std::uint64_t argument = 0) {
  Ipv6Address out = locator.address.v6;
  set_bits(out, locator.len, kFunctionBits, function);
  set_bits(out, 128 - kArgumentBits, kArgumentBits, argument);
  return out;
}

// splitmix64's mixing step.
std::uint64_t mix(std::uint64_t x) {
  x ^= x >> 30;
  x *= 0xbf58476d1ce4e5b9u;
  x ^= x >> 27;
  x *= 0x94d049bb133111ebu;
  return x ^ x >> 31;
}

Ipv6Address pod_sid_in(const PlannedNode& node, const IpAddress& pod) {
  if (!pod.is_v6()) {
    return sid_in(node.locator, kPodDx4Function, bits_of(mapped(pod), 96, 32));
  }
  const unsigned front = 128 - kArgumentBits;
  for (const IpPrefix& cidr : node.pod_cidrs) {
    if (!cidr.contains(pod)) continue;
    const Ipv6Address& base = cidr.masked().address.v6;
    if (bits_of(base, 0, 64) != bits_of(pod.v6, 0, 64) ||
        bits_of(base, 64, front - 64) != bits_of(pod.v6, 64, front - 64)) {
      continue;
    }
    return sid_in(node.locator, kPodDx6Function, bits_of(pod.v6, front, kArgumentBits));
  }
  const std::uint64_t hash = mix(mix(bits_of(pod.v6, 0, 64)) ^ bits_of(pod.v6, 64, 64));
  return sid_in(node.locator, kPodHashFunction, hash >> (64 - kArgumentBits));
}

std::uint64_t hash_of(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325u;  // FNV-1a
  for (const char c : text)
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  return mix(hash);
}

bool is_part(const IpPrefix& cluster, const IpPrefix& own) {
  return own.len >= cluster.len && cluster.contains(own.address);
}

// Of at most 64 bits between the two lengths.
std::uint64_t number_in(const IpPrefix& cluster, const IpPrefix& own) {
  // Mapped, both families count from the same end.
  const unsigned at = (cluster.address.is_v6() ? 0 : 96) + cluster.len;
  return bits_of(mapped(own.address), at, own.len - cluster.len);
}

std::string list_of(const std::vector<IpPrefix>& prefixes) {
  std::string out;
  for (const IpPrefix& prefix : prefixes)
    out += (out.empty() ? "" : ", ") + prefix.to_string();
  return out.empty() ? "none" : out;
}

}  // namespace

Ipv6Address combine(const IpPrefix& prefix, const IpAddress& address) {
  Ipv6Address out = mapped(address);
  for (unsigned i = 0; i < prefix.len; ++i)
    set_bits(out, i, 1, bits_of(prefix.address.v6, i, 1));
  return out;
}

std::optional<std::uint64_t> node_number(const std::vector<IpPrefix>& cluster_cidrs,
                                         const std::vector<IpPrefix>& node_cidrs) {
  for (const IpPrefix& cluster : cluster_cidrs) {
    for (const IpPrefix& own : node_cidrs) {
      if (!is_part(cluster, own) || own.len - cluster.len > 62) continue;
      return number_in(cluster, own);
    }
  }
  return std::nullopt;
}

std::optional<IpPrefix> part_of(const IpPrefix& subnet, std::uint8_t part_len,
                                std::uint64_t number) {
  const auto bits = static_cast<unsigned>(subnet.address.bits());
  if (part_len < subnet.len || part_len > bits) return std::nullopt;
  const auto parts = static_cast<unsigned>(std::min(part_len - subnet.len, 63));
  if (number >> parts != 0) return std::nullopt;
  Ipv6Address address = mapped(subnet.masked().address);
  set_bits(address, 128 - bits + part_len - parts, parts, number);
  if (bits == 128) return IpPrefix{address, part_len};
  Ipv4Address v4;
  std::copy(address.bytes.end() - 4, address.bytes.end(), v4.bytes.begin());
  return IpPrefix{v4, part_len};
}

NetworkSids network_sids(const SidPlan& plan, const PlannedNode& node, std::string_view network) {
  if (std::holds_alternative<LocatorPlan>(plan)) {
    const std::uint64_t hash = hash_of(network) >> (64 - kArgumentBits);
    return {.pods = sid_in(node.locator, kNetworkFunction, hash),
            .unicast = sid_in(node.locator, kUnicastFunction, hash),
            .flood = sid_in(node.locator, kFloodFunction, hash)};
  }
  // As in the SIDs of functions: some bits of a hash in front of those of the address.
  const IpPrefix& prefix = std::get<ContivPlan>(plan).node_pod;
  const Ipv6Address plain = combine(prefix, node.address);
  const auto sid = [&](std::string_view role) {
    const std::uint64_t own = bits_of(plain, prefix.len, kNetworkHashBits);
    std::uint64_t hash = hash_of(std::string(role) + std::string(network)) & kNetworkHashMask;
    // That of the network of all pods is taken.
    if (hash == own) hash = (hash + 1) & kNetworkHashMask;
    Ipv6Address out = plain;
    set_bits(out, prefix.len, kNetworkHashBits, hash);
    return out;
  };
  return {.pods = sid("pods "), .unicast = sid("unicast "), .flood = sid("flood ")};
}

Result<IpPrefix> locator_of(const LocatorPlan& plan, const std::vector<IpPrefix>& cluster_cidrs,
                            const std::vector<IpPrefix>& node_cidrs) {
  for (const IpPrefix& cluster : cluster_cidrs) {
    for (const IpPrefix& own : node_cidrs) {
      if (!is_part(cluster, own)) continue;
      const unsigned bits = own.len - cluster.len;
      const std::uint64_t number = bits > 62 ? ~std::uint64_t{0} >> 1 : number_in(cluster, own) + 1;
      if (number >> plan.node_bits != 0) {
        return Error{"podCIDR " + own.to_string() + " is number " + std::to_string(number) +
                     " in " + cluster.to_string() + ", more than kubernetes.sids.node_bits: " +
                     std::to_string(plan.node_bits) + " can tell apart"};
      }
      IpPrefix out{plan.block.address, plan.locator_len()};
      set_bits(out.address.v6, plan.block.len, plan.node_bits, number);
      return out;
    }
  }
  return Error{"its podCIDRs (" + list_of(node_cidrs) + ") are not part of kubernetes.pod_cidrs (" +
               list_of(cluster_cidrs) + "); annotate it with sextant.io/locator"};
}

NodeSids node_sids(const SidPlan& plan, const PlannedNode& node) {
  NodeSids out;
  if (std::holds_alternative<LocatorPlan>(plan)) {
    out.end = sid_in(node.locator, kEndFunction);
    out.pods = sid_in(node.locator, kPodsFunction);
    out.host = sid_in(node.locator, kHostFunction);
    out.host_dx6 = sid_in(node.locator, kHostDx6Function);
    out.host_dx4 = sid_in(node.locator, kHostDx4Function);
    out.prefixes = {node.locator};
    return out;
  }
  const auto& contiv = std::get<ContivPlan>(plan);
  out.end = combine(contiv.service_node, node.address);
  out.pods = combine(contiv.node_pod, node.address);
  out.host = combine(contiv.node_host, node.address);
  // Contiv has one of them, for the family of its cluster.
  out.host_dx6 = combine(contiv.service_host, last(1));
  out.host_dx4 = combine(contiv.service_host, last(4));
  for (const Ipv6Address& sid : {out.end, out.pods, out.host})
    out.prefixes.push_back({sid, 128});
  out.pods_binding_sid = combine(contiv.node_pod_policy, node.address);
  out.host_binding_sid = combine(contiv.node_host_policy, node.address);
  return out;
}

Ipv6Address pod_sid(const SidPlan& plan, const PlannedNode& node, const IpAddress& pod) {
  if (std::holds_alternative<LocatorPlan>(plan)) return pod_sid_in(node, pod);
  return combine(std::get<ContivPlan>(plan).service_pod, pod);
}

std::optional<Ipv6Address> chain_binding_sid(const SidPlan& plan, const Ipv6Address& chain_hash) {
  if (std::holds_alternative<LocatorPlan>(plan)) return std::nullopt;
  return combine(std::get<ContivPlan>(plan).chain_policy, chain_hash);
}

Ipv6Address chain_function_sid(const SidPlan& plan, const PlannedNode& node,
                               const ChainPlace& place) {
  if (std::holds_alternative<LocatorPlan>(plan)) {
    return sid_in(node.locator, kChainFunction,
                  bits_of(place.place_hash, 128 - kArgumentBits, kArgumentBits));
  }
  const auto& contiv = std::get<ContivPlan>(plan);
  const IpPrefix& prefix = contiv.chain_function;
  Ipv6Address out = combine(prefix, place.address.value_or(place.place_hash));
  set_bits(out, prefix.len, contiv.chain_id_bits,
           bits_of(place.chain_hash, prefix.len, contiv.chain_id_bits));
  return out;
}

Ipv6Address chain_end_sid(const SidPlan& plan, const PlannedNode& node, const ChainPlace& place) {
  if (std::holds_alternative<LocatorPlan>(plan)) {
    return sid_in(node.locator, kChainEndFunction,
                  bits_of(place.place_hash, 128 - kArgumentBits, kArgumentBits));
  }
  return combine(std::get<ContivPlan>(plan).chain_end, place.address.value_or(place.place_hash));
}

std::optional<Ipv6Address> service_binding_sid(const SidPlan& plan, const IpAddress& lowest) {
  if (std::holds_alternative<LocatorPlan>(plan)) return std::nullopt;
  return combine(std::get<ContivPlan>(plan).service_policy, lowest);
}

}  // namespace sextant
