// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Routes with the prefix lengths of the Internet's tables.
#pragma once

#include <cstdint>
#include <iterator>
#include <random>
#include <set>
#include <vector>

#include <sextant/net/ip_address.hpp>

namespace sextant::bench {

namespace detail {

struct LengthShare {
  int len;
  int per_mille;
};
// Roughly what the Internet's tables look like.
inline constexpr LengthShare kLengths4[] = {{24, 600}, {23, 95}, {22, 105}, {21, 50},
                                            {20, 50},  {19, 30}, {18, 20},  {17, 15},
                                            {16, 20},  {15, 5},  {14, 5},   {12, 5}};
inline constexpr LengthShare kLengths6[] = {{48, 480}, {32, 170}, {44, 80}, {40, 70},
                                            {36, 50},  {29, 30},  {46, 30}, {47, 20},
                                            {45, 20},  {42, 20},  {33, 15}, {64, 15}};

template <std::size_t N>
int random_length(const LengthShare (&lengths)[N], std::mt19937_64& random) {
  int at = static_cast<int>(random() % 1000);
  for (const LengthShare& length : lengths) {
    if ((at -= length.per_mille) < 0) return length.len;
  }
  return lengths[0].len;
}

}  // namespace detail

inline void fill_random(IpAddress& address, int first_bit, std::mt19937_64& random) {
  for (int i = first_bit / 8; i < address.bits() / 8; ++i) {
    address.data()[i] = static_cast<std::uint8_t>(random());
  }
}

// Different prefixes; those of IPv6 lie in the allocations of a fifth as many networks.
inline std::vector<IpPrefix> internet_routes(Family family, std::size_t n,
                                             std::mt19937_64& random) {
  std::vector<Ipv6Address> networks;
  for (std::size_t i = 0; family == Family::kIpv6 && i < n / 5 + 16; ++i) {
    static constexpr std::uint8_t kFirst[] = {0x20, 0x24, 0x26, 0x28, 0x2a, 0x2c};
    IpAddress a{Ipv6Address{}};
    fill_random(a, 0, random);
    a.v6.bytes[0] = kFirst[random() % std::size(kFirst)];
    a.v6.bytes[1] = static_cast<std::uint8_t>(random() % 16);
    networks.push_back(a.v6);
  }
  std::set<IpPrefix> out;
  while (out.size() < n) {
    IpPrefix prefix;
    if (family == Family::kIpv4) {
      prefix.address = Ipv4Address{};
      fill_random(prefix.address, 0, random);
      prefix.address.data()[0] = static_cast<std::uint8_t>(1 + random() % 222);
      prefix.len = static_cast<std::uint8_t>(detail::random_length(detail::kLengths4, random));
      if (prefix.address.v4.is_loopback()) continue;
    } else {
      prefix.address = networks[random() % networks.size()];
      fill_random(prefix.address, 32, random);
      prefix.len = static_cast<std::uint8_t>(detail::random_length(detail::kLengths6, random));
    }
    out.insert(prefix.masked());
  }
  return {out.begin(), out.end()};
}

// Some address of the prefix; its last bits are random.
inline IpAddress address_within(const IpPrefix& prefix, std::mt19937_64& random) {
  IpAddress a = prefix.address;
  fill_random(a, 8 * ((prefix.len + 7) / 8), random);
  return a;
}

}  // namespace sextant::bench
