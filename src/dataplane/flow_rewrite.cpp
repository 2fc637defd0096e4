// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Addresses, ports and checksums, each changed by what differs.
#include "flow_rewrite.hpp"

#include <rte_hash_crc.h>

namespace sextant {

namespace {

// The ones' complement difference of what was written, to be taken into checksums that cover it.
class Delta {
 public:
  // n is even, and at stands an even number of bytes behind the start of what the checksum covers.
  void write(std::uint8_t* at, const void* bytes, std::size_t n) {
    for (std::size_t i = 0; i < n; i += 2) {
      std::uint16_t before;
      std::uint16_t after;
      std::memcpy(&before, at + i, sizeof before);
      std::memcpy(&after, static_cast<const std::uint8_t*>(bytes) + i, sizeof after);
      sum_ += static_cast<std::uint16_t>(~before);
      sum_ += after;
    }
    std::memcpy(at, bytes, n);
  }
  void add(const Delta& other) { sum_ += other.sum_; }
  // RFC 1624 equation 3.
  [[nodiscard]] Be16 applied(Be16 checksum) const {
    std::uint64_t s = sum_ + static_cast<std::uint16_t>(~checksum.raw());
    while ((s >> 16) != 0)
      s = (s & 0xffff) + (s >> 16);
    return Be16::from_raw(static_cast<std::uint16_t>(~s));
  }

 private:
  std::uint64_t sum_ = 0;
};

constexpr std::uint32_t kSctpChecksumAt = 8;
// Reflected polynomial of CRC32c.
constexpr std::uint32_t kCrcPolynomial = 0x82f63b78;

// a times b modulo the polynomial; bit 31 is the coefficient of 1.
std::uint32_t crc_multiply(std::uint32_t a, std::uint32_t b) {
  std::uint32_t product = 0;
  for (std::uint32_t bit = 1u << 31; bit != 0; bit >>= 1) {
    if ((a & bit) != 0) product ^= b;
    b = (b & 1) != 0 ? (b >> 1) ^ kCrcPolynomial : b >> 1;
  }
  return product;
}

// The CRC register after n more bytes of zeros.
std::uint32_t crc_zeros(std::uint32_t crc, std::uint32_t n) {
  std::uint32_t power = 1u << (31 - 8);  // x to the 8: one byte
  for (; n != 0; n >>= 1) {
    if ((n & 1) != 0) crc = crc_multiply(crc, power);
    power = crc_multiply(power, power);
  }
  return crc;
}

// The CRC of two texts that differ in their first four bytes differs by the CRC of that difference
// and as many zeros as follow.
void update_sctp_crc(std::uint8_t* transport, std::uint32_t before, std::uint32_t after,
                     std::uint32_t transport_bytes) {
  const std::uint32_t change =
      crc_zeros(rte_hash_crc_4byte(before ^ after, 0),
                transport_bytes - static_cast<std::uint32_t>(sizeof after));
  std::uint32_t crc;
  std::memcpy(&crc, transport + kSctpChecksumAt, sizeof crc);
  crc ^= change;
  std::memcpy(transport + kSctpChecksumAt, &crc, sizeof crc);
}

void write_address(std::uint8_t* at, Family family, const FlowAddress& address, Delta& delta) {
  if (family == Family::kIpv4) {
    delta.write(at, &address.high, sizeof(Ipv4Address));
  } else {
    delta.write(at, &address, sizeof(Ipv6Address));
  }
}

// The addresses of an IP header; for IPv4 its checksum, too. all collects every change, as seen by
// a checksum over the header itself.
Delta write_addresses(std::uint8_t* header, Family family, const FlowAddress& source,
                      const FlowAddress& destination, Delta& all) {
  Delta addresses;
  const bool v6 = family == Family::kIpv6;
  write_address(header + (v6 ? offsetof(Ipv6Header, source) : offsetof(Ipv4Header, source)), family,
                source, addresses);
  write_address(
      header + (v6 ? offsetof(Ipv6Header, destination) : offsetof(Ipv4Header, destination)), family,
      destination, addresses);
  all.add(addresses);
  if (!v6) {
    std::uint8_t* const at = header + offsetof(Ipv4Header, checksum);
    const Be16 checksum = addresses.applied(reinterpret_cast<const Ipv4Header*>(header)->checksum);
    all.write(at, &checksum, sizeof checksum);
  }
  return addresses;
}

Delta write_ports(std::uint8_t* transport, const FlowEnds& ends) {
  const std::array<Be16, 2> ports{Be16(ends.source.port), Be16(ends.destination.port)};
  Delta delta;
  delta.write(transport, ports.data(), sizeof ports);
  return delta;
}

// Of TCP or UDP; null for the others.
std::uint8_t* checksum_of(std::uint8_t* transport, std::uint8_t protocol) {
  if (protocol == ip_protocol::kTcp) return transport + offsetof(TcpHeader, checksum);
  if (protocol == ip_protocol::kUdp) return transport + offsetof(UdpHeader, checksum);
  return nullptr;
}

// change: of the pseudo-header and the ports.
void update_checksum(std::uint8_t* at, std::uint8_t protocol, const Delta& change, Delta& all) {
  Be16 checksum;
  std::memcpy(&checksum, at, sizeof checksum);
  if (protocol == ip_protocol::kUdp && checksum.raw() == 0) return;  // RFC 768: none was made
  checksum = change.applied(checksum);
  // Zero means "none" to UDP; both are the same number in ones' complement.
  if (protocol == ip_protocol::kUdp && checksum.raw() == 0) checksum = Be16(0xffff);
  all.write(at, &checksum, sizeof checksum);
}

std::uint32_t ports_word(const std::uint8_t* transport) {
  std::uint32_t word;
  std::memcpy(&word, transport, sizeof word);
  return word;
}

}  // namespace

void rewrite_flow(Packet packet, const FlowTuple& tuple, const FlowEnds& ends) noexcept {
  Delta unused;
  Delta change = write_addresses(packet.data(), tuple.family, ends.source.address,
                                 ends.destination.address, unused);
  if (tuple.kind == FlowTuple::Kind::kLaterFragment) return;
  std::uint8_t* const transport = packet.data() + tuple.transport_at;
  const std::uint32_t before = ports_word(transport);
  change.add(write_ports(transport, ends));
  if (tuple.protocol == ip_protocol::kSctp) {
    update_sctp_crc(transport, before, ports_word(transport), packet.bytes() - tuple.transport_at);
  } else {
    update_checksum(checksum_of(transport, tuple.protocol), tuple.protocol, change, unused);
  }
}

void rewrite_icmp_error(Packet packet, const FlowTuple& tuple, const FlowEnds& quoted,
                        const FlowAddress& source, const FlowAddress& destination) noexcept {
  std::uint8_t* const data = packet.data();
  Delta inside;  // everything that the ICMP checksum covers
  Delta change = write_addresses(data + tuple.quoted_at, tuple.family, quoted.source.address,
                                 quoted.destination.address, inside);
  std::uint8_t* const transport = data + tuple.quoted_transport_at;
  const Delta ports = write_ports(transport, quoted);
  inside.add(ports);
  change.add(ports);
  // As much as was quoted of the transport header; a CRC over what was not is nobody's to check.
  std::uint8_t* const checksum = checksum_of(transport, tuple.protocol);
  if (checksum != nullptr && checksum + sizeof(Be16) <= data + packet.contiguous_bytes()) {
    update_checksum(checksum, tuple.protocol, change, inside);
  }
  Delta outer;
  const Delta addresses = write_addresses(data, tuple.family, source, destination, outer);
  if (tuple.family == Family::kIpv6) inside.add(addresses);  // ICMPv6 has a pseudo-header
  auto& icmp = *packet.at<IcmpHeader>(tuple.transport_at);
  icmp.checksum = inside.applied(icmp.checksum);
}

}  // namespace sextant
