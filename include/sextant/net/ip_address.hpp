// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Ipv4Address, Ipv6Address, MacAddress and prefixes: values in network byte order, parse and
// format.
#pragma once

#include <arpa/inet.h>

#include <array>
#include <charconv>
#include <compare>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

namespace sextant {

// 16 bytes as on the wire. Default is ::.
struct Ipv6Address {
  std::array<std::uint8_t, 16> bytes{};

  friend auto operator<=>(const Ipv6Address&, const Ipv6Address&) = default;
  // Two words, not a call of memcmp: forwarding compares addresses for every packet.
  friend bool operator==(const Ipv6Address& a, const Ipv6Address& b) {
    return ((a.raw_high() ^ b.raw_high()) | (a.raw_low() ^ b.raw_low())) == 0;
  }
  [[nodiscard]] bool is_unspecified() const { return *this == Ipv6Address{}; }
  [[nodiscard]] bool is_loopback() const {
    Ipv6Address one;
    one.bytes[15] = 1;
    return *this == one;
  }
  [[nodiscard]] bool is_multicast() const { return bytes[0] == 0xff; }
  // fe80::/10
  [[nodiscard]] bool is_link_local() const { return bytes[0] == 0xfe && (bytes[1] & 0xc0) == 0x80; }
  // The 64-bit halves in native byte order of the raw bytes: for hashing and comparing only.
  [[nodiscard]] std::uint64_t raw_high() const { return load(0); }
  [[nodiscard]] std::uint64_t raw_low() const { return load(8); }

  [[nodiscard]] std::string to_string() const {
    char text[INET6_ADDRSTRLEN];
    inet_ntop(AF_INET6, bytes.data(), text, sizeof text);
    return text;
  }
  static std::optional<Ipv6Address> parse(std::string_view text) {
    Ipv6Address out;
    if (inet_pton(AF_INET6, std::string(text).c_str(), out.bytes.data()) != 1) return std::nullopt;
    return out;
  }

 private:
  [[nodiscard]] std::uint64_t load(std::size_t at) const {
    std::uint64_t v;
    std::memcpy(&v, bytes.data() + at, sizeof v);
    return v;
  }
};

// 4 bytes as on the wire. Default is 0.0.0.0.
struct Ipv4Address {
  std::array<std::uint8_t, 4> bytes{};

  friend auto operator<=>(const Ipv4Address&, const Ipv4Address&) = default;
  [[nodiscard]] bool is_unspecified() const { return *this == Ipv4Address{}; }
  [[nodiscard]] bool is_loopback() const { return bytes[0] == 127; }
  [[nodiscard]] bool is_multicast() const { return (bytes[0] & 0xf0) == 0xe0; }
  // 240.0.0.0/4, 255.255.255.255 included.
  [[nodiscard]] bool is_reserved() const { return bytes[0] >= 240; }
  [[nodiscard]] bool is_broadcast() const { return *this == Ipv4Address{{255, 255, 255, 255}}; }

  [[nodiscard]] std::string to_string() const {
    char text[INET_ADDRSTRLEN];
    inet_ntop(AF_INET, bytes.data(), text, sizeof text);
    return text;
  }
  static std::optional<Ipv4Address> parse(std::string_view text) {
    Ipv4Address out;
    if (inet_pton(AF_INET, std::string(text).c_str(), out.bytes.data()) != 1) return std::nullopt;
    return out;
  }
};

// An IEEE 802 address.
struct MacAddress {
  std::array<std::uint8_t, 6> bytes{};

  friend auto operator<=>(const MacAddress&, const MacAddress&) = default;
  // Inline, as for Ipv6Address.
  friend bool operator==(const MacAddress& a, const MacAddress& b) {
    return ((a.head() ^ b.head()) | static_cast<std::uint32_t>(a.tail() ^ b.tail())) == 0;
  }
  [[nodiscard]] bool is_multicast() const { return (bytes[0] & 1) != 0; }
  [[nodiscard]] bool is_zero() const { return *this == MacAddress{}; }

  [[nodiscard]] std::string to_string() const {
    static constexpr char kHex[] = "0123456789abcdef";
    std::string out;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      if (i != 0) out += ':';
      out += kHex[bytes[i] >> 4];
      out += kHex[bytes[i] & 0xf];
    }
    return out;
  }
  // "02:fe:00:00:00:01"; hexadecimal pairs, colons.
  static std::optional<MacAddress> parse(std::string_view text) {
    if (text.size() != 17) return std::nullopt;
    MacAddress out;
    for (std::size_t i = 0; i < 6; ++i) {
      const char* at = text.data() + 3 * i;
      const auto [end, ec] = std::from_chars(at, at + 2, out.bytes[i], 16);
      if (ec != std::errc{} || end != at + 2 || (i < 5 && at[2] != ':')) return std::nullopt;
    }
    return out;
  }

 private:
  [[nodiscard]] std::uint32_t head() const {
    std::uint32_t v;
    std::memcpy(&v, bytes.data(), sizeof v);
    return v;
  }
  [[nodiscard]] std::uint16_t tail() const {
    std::uint16_t v;
    std::memcpy(&v, bytes.data() + 4, sizeof v);
    return v;
  }
};

// An address family without AF_ constants.
enum class Family : std::uint8_t { kIpv6 = 0, kIpv4 = 1 };

// IPv6 or IPv4; ordered by family, then value.
struct IpAddress {
  Family family = Family::kIpv6;
  Ipv6Address v6;
  Ipv4Address v4;

  IpAddress() = default;
  IpAddress(const Ipv6Address& a) : family(Family::kIpv6), v6(a) {}  // NOLINT(*-explicit-*)
  IpAddress(const Ipv4Address& a) : family(Family::kIpv4), v4(a) {}  // NOLINT(*-explicit-*)

  friend auto operator<=>(const IpAddress&, const IpAddress&) = default;
  [[nodiscard]] bool is_v6() const { return family == Family::kIpv6; }
  [[nodiscard]] int bits() const { return is_v6() ? 128 : 32; }
  [[nodiscard]] const std::uint8_t* data() const {
    return is_v6() ? v6.bytes.data() : v4.bytes.data();
  }
  [[nodiscard]] std::uint8_t* data() { return is_v6() ? v6.bytes.data() : v4.bytes.data(); }
  [[nodiscard]] std::string to_string() const { return is_v6() ? v6.to_string() : v4.to_string(); }
  static std::optional<IpAddress> parse(std::string_view text) {
    if (const auto six = Ipv6Address::parse(text)) return IpAddress(*six);
    if (const auto four = Ipv4Address::parse(text)) return IpAddress(*four);
    return std::nullopt;
  }
};

// Address and length; len is 0..128 for IPv6, 0..32 for IPv4. Bits behind len may be set in the
// address of an interface ("10.0.0.1/24"); masked() clears them.
struct IpPrefix {
  IpAddress address;
  std::uint8_t len = 0;

  friend auto operator<=>(const IpPrefix&, const IpPrefix&) = default;
  [[nodiscard]] bool is_host() const { return len == address.bits(); }
  [[nodiscard]] IpPrefix masked() const {
    IpPrefix out = *this;
    const auto bytes = static_cast<std::size_t>(address.bits() / 8);
    for (std::size_t i = 0; i < bytes; ++i) {
      const int keep = static_cast<int>(len) - static_cast<int>(8 * i);
      if (keep <= 0) {
        out.address.data()[i] = 0;
      } else if (keep < 8) {
        out.address.data()[i] =
            static_cast<std::uint8_t>(out.address.data()[i] & (0xff << (8 - keep)));
      }
    }
    return out;
  }
  [[nodiscard]] bool contains(const IpAddress& other) const {
    if (other.family != address.family) return false;
    return IpPrefix{other, len}.masked() == masked();
  }
  [[nodiscard]] std::string to_string() const {
    return address.to_string() + "/" + std::to_string(static_cast<int>(len));
  }
  // "2001:db8::/32"; an address without a length is a host prefix.
  static std::optional<IpPrefix> parse(std::string_view text) {
    const std::size_t slash = text.find('/');
    const auto address = IpAddress::parse(text.substr(0, slash));
    if (!address) return std::nullopt;
    if (slash == std::string_view::npos) {
      return IpPrefix{*address, static_cast<std::uint8_t>(address->bits())};
    }
    const std::string_view digits = text.substr(slash + 1);
    unsigned len = 0;
    const auto [end, ec] = std::from_chars(digits.data(), digits.data() + digits.size(), len);
    if (ec != std::errc{} || end != digits.data() + digits.size() || digits.empty() ||
        len > static_cast<unsigned>(address->bits())) {
      return std::nullopt;
    }
    return IpPrefix{*address, static_cast<std::uint8_t>(len)};
  }
};

}  // namespace sextant
