// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// A capture as a stream of pcapng blocks; a chunk never ends within a block.
#include "capture_job.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "dataplane/replay/pcapng.hpp"
#include "packet_clock.hpp"

namespace sextant {

namespace {

using std::chrono::steady_clock;

constexpr std::chrono::milliseconds kTurn{10};
constexpr std::size_t kPacketsPerTurn = 4096;  // so that the loop serves others, too
constexpr std::size_t kChunkBytes = 64 * 1024;
// How long a client that does not read may keep the end of its capture waiting.
constexpr std::chrono::seconds kPatience{5};

pcapng::Direction direction_of(CapturePoint point) {
  return point == CapturePoint::kEgress ? pcapng::Direction::kOutbound
                                        : pcapng::Direction::kInbound;
}

std::string comment_of(const CapturedHeader& header) {
  if (header.point != CapturePoint::kDrop) return "";
  const DropReasonSpec& spec = kDropReasons[static_cast<std::size_t>(header.reason)];
  return fmt::format("dropped: {} ({}){}", spec.name, spec.help,
                     header.made_link_layer ? "; its Ethernet header was gone already" : "");
}

}  // namespace

void CaptureJob::start(CaptureId id, const CaptureLimits& limits, std::uint32_t snap_length) {
  id_ = id;
  limits_ = limits;
  deadline_ = steady_clock::now() + limits.time;
  received_.assign(ports_.size() + 1, 0);
  responder_->begin("application/x-pcapng");
  std::string head = pcapng::section_header("sextantd");
  for (const std::string& port : ports_)
    head += pcapng::interface_description(port, "port of sextantd", snap_length);
  head += pcapng::interface_description("node", "packets without a port", snap_length);
  if (!responder_->write(std::move(head))) return finish();
  wait();
}

void CaptureJob::wait() {
  timer_.expires_after(kTurn);
  timer_.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
    if (!error) self->turn();
  });
}

std::uint32_t CaptureJob::interface_of(PortIndex port) const {
  return static_cast<std::uint32_t>(std::min<std::size_t>(port, ports_.size()));
}

bool CaptureJob::finished() const {
  return packets_ >= limits_.packets || bytes_ >= limits_.bytes || steady_clock::now() >= deadline_;
}

void CaptureJob::turn() {
  PacketWatch* const watch = watch_();
  if (responder_->gone() || (watch == nullptr && !ending_)) return finish();
  if (ending_) return finish();
  drain(*watch);
  if (finished()) return finish();
  wait();
}

void CaptureJob::drain(PacketWatch& watch) {
  const std::uint64_t left = limits_.packets - std::min(packets_, limits_.packets);
  const auto limit = static_cast<std::size_t>(std::min<std::uint64_t>(left, kPacketsPerTurn));
  watch.take_captured(id_, limit,
                      [this](const CapturedHeader& header, std::span<const std::uint8_t> bytes) {
                        add_packet(header, bytes);
                      });
  flush();
}

void CaptureJob::add_packet(const CapturedHeader& header, std::span<const std::uint8_t> bytes) {
  if (bytes_ >= limits_.bytes) return;
  ++packets_;
  bytes_ += bytes.size();
  const std::uint32_t interface = interface_of(header.port);
  const std::string comment = comment_of(header);
  chunk_ += pcapng::enhanced_packet({.interface = interface,
                                     .time_ns = time_of_tsc(header.tsc),
                                     .length = header.length,
                                     .bytes = bytes,
                                     .direction = direction_of(header.point),
                                     .comment = comment});
  in_chunk_.push_back(interface);
  if (chunk_.size() >= kChunkBytes) flush();
}

void CaptureJob::flush() {
  if (chunk_.empty()) return;
  const bool sent = responder_->write(std::move(chunk_));
  for (const std::uint32_t interface : in_chunk_) {
    if (sent) {
      ++received_[interface];
    } else {
      ++unsent_;
    }
  }
  chunk_.clear();
  in_chunk_.clear();
}

// What was lost stands with the first interface: lcores do not tell by which port it came.
void CaptureJob::finish() {
  if (!ending_) {
    ending_ = true;
    if (PacketWatch* const watch = watch_(); watch != nullptr) {
      losses_ = watch->losses(id_);
      watch->stop_capture(id_);
    }
    deadline_ = steady_clock::now() + kPatience;
  }
  if (responder_->gone()) return;
  std::string tail;
  const std::uint64_t now_ns = time_of_tsc(0);
  for (std::uint32_t i = 0; i < received_.size(); ++i) {
    pcapng::Statistics statistics{.interface = i, .time_ns = now_ns, .received = received_[i]};
    std::string comment;
    if (i == 0) {
      statistics.dropped = losses_.no_room + losses_.over_rate + unsent_;
      comment = fmt::format(
          "of all interfaces not captured: {} for lack of room, {} above the rate, {} that the "
          "client did not read in time",
          losses_.no_room, losses_.over_rate, unsent_);
    }
    statistics.comment = comment;
    tail += pcapng::interface_statistics(statistics);
  }
  if (!responder_->write(std::move(tail)) && steady_clock::now() < deadline_) return wait();
  responder_->end();
}

}  // namespace sextant
