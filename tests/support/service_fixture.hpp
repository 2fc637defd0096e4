// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// ServiceFixture: the node of two service backends. Clients are behind pg0, pg1 and pg2 are pods.
#pragma once

#include "dataplane/flow_tables.hpp"
#include "support/steering_fixture.hpp"

namespace sextant::test {

// A transport header between two ends, in a packet that is right in all respects.
struct Wire {
  bool v6 = true;
  std::uint8_t protocol = ip_protocol::kTcp;
  std::uint8_t tcp_flags = 0x10;
  std::size_t payload = 32;
};

// CRC32c bit by bit (RFC 9260 appendix A), over an SCTP packet with its checksum field zero.
inline std::uint32_t sctp_crc(std::span<const std::uint8_t> bytes) {
  std::uint32_t crc = 0xffffffff;
  for (const std::uint8_t byte : bytes) {
    crc ^= byte;
    for (int bit = 0; bit < 8; ++bit)
      crc = (crc & 1) != 0 ? (crc >> 1) ^ 0x82f63b78 : crc >> 1;
  }
  return ~crc;
}

inline Bytes sctp_packet(std::uint16_t source, std::uint16_t destination, std::uint8_t chunk,
                         std::size_t payload) {
  Bytes out{static_cast<std::uint8_t>(source >> 8),
            static_cast<std::uint8_t>(source),
            static_cast<std::uint8_t>(destination >> 8),
            static_cast<std::uint8_t>(destination),
            1,
            2,
            3,
            4,
            0,
            0,
            0,
            0,
            chunk,
            0,
            0,
            16};
  for (std::size_t i = 0; i < payload; ++i)
    out.push_back(static_cast<std::uint8_t>(i));
  const std::uint32_t crc = sctp_crc(out);
  for (unsigned i = 0; i < 4; ++i)
    out[8 + i] = static_cast<std::uint8_t>(crc >> (8 * i));
  return out;
}

inline Bytes wire_packet(const Wire& wire, const std::string& source, std::uint16_t source_port,
                         const std::string& destination, std::uint16_t destination_port) {
  PacketBuilder out;
  if (wire.v6) {
    out.ipv6(source.c_str(), destination.c_str());
  } else {
    out.ipv4(source.c_str(), destination.c_str());
  }
  switch (wire.protocol) {
    case ip_protocol::kTcp:
      out.tcp(source_port, destination_port, {.flags = wire.tcp_flags}).payload(wire.payload);
      break;
    case ip_protocol::kUdp: out.udp(source_port, destination_port).payload(wire.payload); break;
    default:
      out.raw(sctp_packet(source_port, destination_port, 0, wire.payload), ip_protocol::kSctp);
      break;
  }
  return out;
}

inline constexpr std::uint8_t kTransports[] = {ip_protocol::kTcp, ip_protocol::kUdp,
                                               ip_protocol::kSctp};

struct ServiceFixture : ForwardFixture {
  static constexpr PortIndex kFabric = 0;
  static constexpr PortIndex kPod = 1;
  static constexpr PortIndex kOtherPod = 2;
  static constexpr std::uint16_t kPort = 80;
  static constexpr std::uint16_t kTarget = 8080;

  FlowTables flows;
  InterfaceId fabric = port(kFabric, {"fd00::1/64", "10.0.0.1/24"});
  InterfaceId pod = port(kPod, {"fd01::1/64", "10.0.1.1/24"});
  InterfaceId other = port(kOtherPod, {"fd02::1/64", "10.0.2.1/24"});

  explicit ServiceFixture(const FlowConfig& config = {.connections = 1024, .choices = 1024})
      : flows(config, 1'000'000'000, 1) {
    lcore().flows = &flows;
    route("1234::/16", via(fabric, "fd00::2"));
    route("10.9.0.0/16", via(fabric, "10.0.0.2"));
    for (const bool v6 : {true, false}) {
      route(host(backend(v6)), via(pod, backend(v6)));
      route(host(service(v6)), via(pod, backend(v6)));
      std::vector<Translation::Rule> to_backend;
      std::vector<Translation::Rule> direct;
      const auto target = detail::parse_or_throw<IpAddress>(backend(v6));
      for (const std::uint8_t protocol : kTransports) {
        to_backend.push_back({protocol, kPort, target, kTarget, false});
        direct.push_back({protocol, kTarget, target, kTarget, false});
      }
      translation(pod, service(v6), to_backend);
      translation(pod, backend(v6), direct);
    }
  }

  static std::string client(bool v6) { return v6 ? "1234::7" : "10.9.0.7"; }
  static std::string service(bool v6) { return v6 ? "2096::d765" : "10.96.0.10"; }
  static std::string backend(bool v6) { return v6 ? "fd01::5" : "10.0.1.5"; }
  static Prefix host(const std::string& address) {
    return Prefix((address + (address.find(':') == std::string::npos ? "/32" : "/128")).c_str());
  }

  // Between client and service, and between client and backend.
  Bytes request(const Wire& w, std::uint16_t port = 4000) const {
    return wire_packet(w, client(w.v6), port, service(w.v6), kPort);
  }
  Bytes translated_request(const Wire& w, std::uint16_t port = 4000) const {
    return wire_packet(w, client(w.v6), port, backend(w.v6), kTarget);
  }
  Bytes reply(const Wire& w, std::uint16_t port = 4000) const {
    return wire_packet(w, backend(w.v6), kTarget, client(w.v6), port);
  }
  Bytes translated_reply(const Wire& w, std::uint16_t port = 4000) const {
    return wire_packet(w, service(w.v6), kPort, client(w.v6), port);
  }

  // What the pod gets, and what the fabric gets; as IP packets, and before the hop at this node.
  RunResult from_client(const Bytes& packet, const MbufOptions& mbuf = {}) {
    return run(kFabric, Frame(received_on(kFabric, packet), mbuf));
  }
  RunResult from_pod(const Bytes& packet, const MbufOptions& mbuf = {}) {
    return run(kPod, Frame(received_on(kPod, packet), mbuf));
  }
  Bytes to_pod(const Bytes& packet) { return sent_by(kPod, from_client(packet).only(kPod)); }
  Bytes to_client(const Bytes& packet) { return sent_by(kFabric, from_pod(packet).only(kFabric)); }

  [[nodiscard]] std::size_t connections() { return flows.connections.count(lcore().now_tsc); }
};

}  // namespace sextant::test
