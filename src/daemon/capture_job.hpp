// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// CaptureJob: one running capture, from the rings of the lcores to the client.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "api.hpp"
#include "dataplane/ports/packet_watch.hpp"

namespace sextant {

// When a capture ends, whichever comes first.
struct CaptureLimits {
  std::uint64_t packets = 10'000;
  std::uint64_t bytes = 16 * 1024 * 1024;  // of captured frames
  std::chrono::seconds time{60};
};

// Keeps itself alive while it runs. Control thread.
class CaptureJob : public std::enable_shared_from_this<CaptureJob> {
 public:
  CaptureJob(boost::asio::io_context& loop, std::function<PacketWatch*()> watch,
             std::vector<std::string> ports, std::shared_ptr<ApiResponder> responder)
      : timer_(loop),
        watch_(std::move(watch)),
        ports_(std::move(ports)),
        responder_(std::move(responder)) {}

  // The capture runs already; this streams it.
  void start(CaptureId id, const CaptureLimits& limits, std::uint32_t snap_length);

 private:
  void wait();
  void turn();
  [[nodiscard]] bool finished() const;
  void drain(PacketWatch& watch);
  void add_packet(const CapturedHeader& header, std::span<const std::uint8_t> bytes);
  void flush();
  void finish();
  [[nodiscard]] std::uint32_t interface_of(PortIndex port) const;

  boost::asio::steady_timer timer_;
  std::function<PacketWatch*()> watch_;
  std::vector<std::string> ports_;
  std::shared_ptr<ApiResponder> responder_;
  CaptureId id_ = 0;
  CaptureLimits limits_;
  std::chrono::steady_clock::time_point deadline_;
  std::uint64_t packets_ = 0;  // taken from the rings
  std::uint64_t bytes_ = 0;
  std::vector<std::uint64_t> received_;  // by interface, handed to the client
  std::uint64_t unsent_ = 0;             // the client was too slow
  std::string chunk_;                    // whole blocks
  std::vector<std::uint32_t> in_chunk_;  // interfaces of its packets
  bool ending_ = false;
  CaptureLosses losses_;
};

}  // namespace sextant
