// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// pcapng blocks: type, length, body padded to words, options, length again.
#include "pcapng.hpp"

#include <cstring>

namespace sextant::pcapng {

namespace {

constexpr std::uint32_t kSectionHeader = 0x0a0d0d0a;
constexpr std::uint32_t kInterfaceDescription = 1;
constexpr std::uint32_t kInterfaceStatistics = 5;
constexpr std::uint32_t kEnhancedPacket = 6;
constexpr std::uint32_t kByteOrderMagic = 0x1a2b3c4d;
constexpr std::uint16_t kLinkTypeEthernet = 1;
constexpr std::uint64_t kUnknownLength = ~std::uint64_t{0};

// Option codes; the number space depends on the block.
constexpr std::uint16_t kOptEnd = 0;
constexpr std::uint16_t kOptComment = 1;
constexpr std::uint16_t kShbUserApplication = 4;
constexpr std::uint16_t kIfName = 2;
constexpr std::uint16_t kIfDescription = 3;
constexpr std::uint16_t kIfTimeResolution = 9;
constexpr std::uint16_t kEpbFlags = 2;
constexpr std::uint16_t kIsbReceived = 4;
constexpr std::uint16_t kIsbDropped = 5;
constexpr std::size_t kMaxOptionBytes = 65535;

class Block {
 public:
  explicit Block(std::uint32_t type) {
    put(type);
    put(std::uint32_t{0});  // length, when it is known
  }
  template <typename T>
  void put(T value) {
    char raw[sizeof value];
    std::memcpy(raw, &value, sizeof value);
    out_.append(raw, sizeof value);
  }
  void put_padded(const void* bytes, std::size_t count) {
    out_.append(static_cast<const char*>(bytes), count);
    out_.append((4 - count % 4) % 4, '\0');
  }
  // The upper half comes first, whatever the byte order.
  void put_time(std::uint64_t time_ns) {
    put(static_cast<std::uint32_t>(time_ns >> 32));
    put(static_cast<std::uint32_t>(time_ns));
  }
  void option(std::uint16_t code, std::string_view value) {
    value = value.substr(0, kMaxOptionBytes);
    put(code);
    put(static_cast<std::uint16_t>(value.size()));
    put_padded(value.data(), value.size());
    has_options_ = true;
  }
  void text(std::uint16_t code, std::string_view value) {
    if (!value.empty()) option(code, value);
  }
  template <typename T>
  void number(std::uint16_t code, T value) {
    char raw[sizeof value];
    std::memcpy(raw, &value, sizeof value);
    option(code, {raw, sizeof value});
  }
  std::string finish() {
    if (has_options_) {
      put(kOptEnd);
      put(std::uint16_t{0});
    }
    const auto total = static_cast<std::uint32_t>(out_.size() + sizeof(std::uint32_t));
    put(total);
    std::memcpy(out_.data() + sizeof total, &total, sizeof total);
    return std::move(out_);
  }

 private:
  std::string out_;
  bool has_options_ = false;
};

}  // namespace

std::string section_header(std::string_view application) {
  Block block(kSectionHeader);
  block.put(kByteOrderMagic);
  block.put(std::uint16_t{1});  // version 1.0
  block.put(std::uint16_t{0});
  block.put(kUnknownLength);
  block.text(kShbUserApplication, application);
  return block.finish();
}

std::string interface_description(std::string_view name, std::string_view description,
                                  std::uint32_t snap_length) {
  Block block(kInterfaceDescription);
  block.put(kLinkTypeEthernet);
  block.put(std::uint16_t{0});
  block.put(snap_length);
  block.text(kIfName, name);
  block.text(kIfDescription, description);
  block.number(kIfTimeResolution, std::uint8_t{9});  // 10^-9 s
  return block.finish();
}

std::string enhanced_packet(const Packet& packet) {
  Block block(kEnhancedPacket);
  block.put(packet.interface);
  block.put_time(packet.time_ns);
  block.put(static_cast<std::uint32_t>(packet.bytes.size()));
  block.put(packet.length);
  block.put_padded(packet.bytes.data(), packet.bytes.size());
  if (packet.direction != Direction::kUnknown) {
    block.number(kEpbFlags, static_cast<std::uint32_t>(packet.direction));
  }
  block.text(kOptComment, packet.comment);
  return block.finish();
}

std::string interface_statistics(const Statistics& statistics) {
  Block block(kInterfaceStatistics);
  block.put(statistics.interface);
  block.put_time(statistics.time_ns);
  block.text(kOptComment, statistics.comment);
  block.number(kIsbReceived, statistics.received);
  block.number(kIsbDropped, statistics.dropped);
  return block.finish();
}

}  // namespace sextant::pcapng
