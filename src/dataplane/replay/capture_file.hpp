// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// CaptureReader and CaptureWriter: packets from pcap and pcapng files, and into pcap files.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include <sextant/common/result.hpp>

struct pcap;
struct pcap_dumper;

namespace sextant {

// Numbers of https://www.tcpdump.org/linktypes.html.
enum class LinkType : int {
  kEthernet = 1,
  kRaw = 101,
  kLinuxSll = 113,
  kIpv4 = 228,
  kIpv6 = 229,
  kLinuxSll2 = 276,
};

// One packet of a capture, without the pseudo-headers of "any" captures.
struct CapturedPacket {
  std::uint64_t time_ns = 0;            // since 1970
  std::span<const std::uint8_t> bytes;  // valid until the next read
  bool has_link_layer = true;           // false: bytes start with the IP header
  bool partial = false;                 // the capture holds only the start of the packet
};

class CaptureReader {
 public:
  // pcap or pcapng of one of the link types above.
  static Result<CaptureReader> open(const std::string& path);

  // The same of a file in memory; bytes outlive the reader.
  static Result<CaptureReader> from_bytes(std::span<const std::uint8_t> bytes);

  // Reads the next packet; false at the end. An error names the file and the packet.
  Result<bool> next(CapturedPacket& packet);

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::uint64_t packets() const { return packets_; }

 private:
  struct Close {
    void operator()(pcap* handle) const;
  };
  static Result<CaptureReader> take(std::string path, pcap* handle, const char* reason);
  CaptureReader(std::string path, pcap* handle, LinkType link_type)
      : path_(std::move(path)), handle_(handle), link_type_(link_type) {}

  std::string path_;
  std::unique_ptr<pcap, Close> handle_;
  LinkType link_type_;
  std::uint64_t packets_ = 0;
};

// Writes the classic pcap format with microseconds, which every tool reads.
class CaptureWriter {
 public:
  // Overwrites an existing file. link_type: kEthernet or kRaw.
  static Result<CaptureWriter> create(const std::string& path, LinkType link_type);

  Status write(std::uint64_t time_ns, std::span<const std::uint8_t> bytes);
  // Must be the last call: only now it is sure that everything reached the file.
  Status close();

  [[nodiscard]] LinkType link_type() const { return link_type_; }

 private:
  struct Close {
    void operator()(pcap* handle) const;
    void operator()(pcap_dumper* dumper) const;
  };
  CaptureWriter(std::string path, LinkType link_type)
      : path_(std::move(path)), link_type_(link_type) {}
  [[nodiscard]] Error failed() const;

  std::string path_;
  LinkType link_type_;
  std::unique_ptr<pcap, Close> handle_;
  std::unique_ptr<pcap_dumper, Close> dumper_;
};

}  // namespace sextant
