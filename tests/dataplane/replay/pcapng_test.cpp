// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// pcapng blocks: read back by libpcap, and block by block where it does not tell.
#include "dataplane/replay/pcapng.hpp"

#include <cstring>
#include <map>

#include "dataplane/replay/capture_file.hpp"
#include "support/catch.hpp"
#include "support/packet_builder.hpp"
#include "support/pcapng_blocks.hpp"

using namespace sextant;
using namespace sextant::test;

namespace {

std::string stream_of(const std::vector<std::string>& blocks) {
  std::string out = pcapng::section_header("test") + pcapng::interface_description("lan", "", 256) +
                    pcapng::interface_description("wan", "a port", 256);
  for (const std::string& block : blocks)
    out += block;
  return out;
}

std::span<const std::uint8_t> bytes_in(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

}  // namespace

TEST_CASE("pcapng: libpcap reads packets, lengths and nanoseconds back") {
  std::vector<Bytes> frames;
  std::vector<std::string> blocks;
  // Every remainder of the padding.
  for (std::size_t n = 60; n < 68; ++n) {
    frames.emplace_back(n, static_cast<std::uint8_t>(n));
    blocks.push_back(pcapng::enhanced_packet({.interface = static_cast<std::uint32_t>(n % 2),
                                              .time_ns = 1'700'000'000'123'456'789u + n,
                                              .length = static_cast<std::uint32_t>(n),
                                              .bytes = frames.back(),
                                              .direction = pcapng::Direction::kInbound,
                                              .comment = n % 3 == 0 ? "" : "why"}));
  }
  blocks.push_back(pcapng::interface_statistics({.interface = 1, .received = 8, .dropped = 2}));
  const std::string stream = stream_of(blocks);
  auto reader = CaptureReader::from_bytes(bytes_in(stream));
  REQUIRE(reader.ok());
  CapturedPacket packet;
  for (const Bytes& frame : frames) {
    const auto found = reader->next(packet);
    REQUIRE(found.ok());
    REQUIRE(*found);
    CHECK(Bytes(packet.bytes.begin(), packet.bytes.end()) == frame);
    CHECK(packet.time_ns == 1'700'000'000'123'456'789u + frame.size());
    CHECK_FALSE(packet.partial);
  }
  CHECK_FALSE(reader->next(packet).value());
}

TEST_CASE("pcapng: a cut frame is known to be cut") {
  const Bytes start(64, 1);
  const std::string stream = stream_of({pcapng::enhanced_packet({.length = 1500, .bytes = start})});
  auto reader = CaptureReader::from_bytes(bytes_in(stream));
  REQUIRE(reader.ok());
  CapturedPacket packet;
  REQUIRE(reader->next(packet).value());
  CHECK(packet.partial);
  CHECK(packet.bytes.size() == 64);
}

TEST_CASE("pcapng: options of each block") {
  const Bytes frame(61, 9);
  const auto blocks = pcapng_blocks(
      stream_of({pcapng::enhanced_packet({.interface = 1,
                                          .length = 61,
                                          .bytes = frame,
                                          .direction = pcapng::Direction::kOutbound,
                                          .comment = "dropped: x"}),
                 pcapng::interface_statistics(
                     {.interface = 1, .received = 7, .dropped = 3, .comment = "lost"})}));
  REQUIRE(blocks.size() == 5);
  CHECK(blocks[0].type == 0x0a0d0d0a);
  CHECK(blocks[0].options.at(4) == "test");
  CHECK(blocks[1].options.at(2) == "lan");
  CHECK(blocks[1].options.count(3) == 0);
  CHECK(blocks[1].options.at(9) == std::string(1, '\x09'));
  CHECK(blocks[2].options.at(2) == "wan");
  CHECK(blocks[3].options.at(1) == "dropped: x");
  CHECK(blocks[3].options.at(2) == std::string("\x02\0\0\0", 4));
  CHECK(blocks[4].options.at(1) == "lost");
  CHECK(blocks[4].options.at(4) == std::string("\x07\0\0\0\0\0\0\0", 8));
  CHECK(blocks[4].options.at(5) == std::string("\x03\0\0\0\0\0\0\0", 8));
}

TEST_CASE("pcapng: a comment that is too long is cut, not the file") {
  const Bytes frame(60, 9);
  const std::string stream = stream_of({pcapng::enhanced_packet(
      {.length = 60, .bytes = frame, .comment = std::string(100'000, 'x')})});
  const auto blocks = pcapng_blocks(stream);
  CHECK(blocks.back().options.at(1).size() == 65535);
}

TEST_CASE("capture reader: what is no capture in memory is refused in words") {
  for (const std::string& bytes :
       {std::string("x"), std::string(100, '\0'), pcapng::section_header("test").substr(0, 20)}) {
    const auto reader = CaptureReader::from_bytes(bytes_in(bytes));
    REQUIRE_FALSE(reader.ok());
    CHECK(reader.error().text.find("cannot read capture") == 0);
  }
}
