// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// CaptureReader and CaptureWriter with libpcap.
#include "capture_file.hpp"

#include <pcap/pcap.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <optional>

#include <sextant/net/headers.hpp>

namespace sextant {

namespace {

constexpr int kSnapLength = 262144;
constexpr std::size_t kSllHeaderBytes = 16;   // protocol in its last two bytes
constexpr std::size_t kSll2HeaderBytes = 20;  // protocol in its first two bytes

// libpcap's own number of a link type; they differ for raw IP.
constexpr int dlt_of(LinkType type) {
  return type == LinkType::kRaw ? DLT_RAW : static_cast<int>(type);
}

std::optional<LinkType> link_type_of(int dlt) {
  for (const LinkType type : {LinkType::kEthernet, LinkType::kRaw, LinkType::kLinuxSll,
                              LinkType::kIpv4, LinkType::kIpv6, LinkType::kLinuxSll2}) {
    if (dlt == dlt_of(type)) return type;
  }
  return std::nullopt;
}

std::string link_type_name(int dlt) {
  const char* name = pcap_datalink_val_to_name(dlt);
  return name != nullptr ? name : std::to_string(dlt);
}

}  // namespace

void CaptureReader::Close::operator()(pcap* handle) const {
  pcap_close(handle);
}

Result<CaptureReader> CaptureReader::open(const std::string& path) {
  char reason[PCAP_ERRBUF_SIZE] = "";
  return take(
      path,
      pcap_open_offline_with_tstamp_precision(path.c_str(), PCAP_TSTAMP_PRECISION_NANO, reason),
      reason);
}

Result<CaptureReader> CaptureReader::from_bytes(std::span<const std::uint8_t> bytes) {
  char reason[PCAP_ERRBUF_SIZE] = "";
  const std::string name = "capture";
  // Opened for reading only: libpcap changes nothing.
  std::FILE* file = fmemopen(const_cast<std::uint8_t*>(bytes.data()), bytes.size(), "rb");
  if (file == nullptr) return Error{"cannot read " + name + ": " + std::strerror(errno)};
  pcap* handle = pcap_fopen_offline_with_tstamp_precision(file, PCAP_TSTAMP_PRECISION_NANO, reason);
  if (handle == nullptr) std::fclose(file);
  return take(name, handle, reason);
}

// handle null: it could not be opened, for this reason.
Result<CaptureReader> CaptureReader::take(std::string path, pcap* handle, const char* reason) {
  if (handle == nullptr) {
    // libpcap names the file in some of its messages only.
    const std::string text = reason;
    if (text.rfind(path, 0) == 0) return Error{"cannot read " + text};
    return Error{"cannot read " + path + ": " + text};
  }
  const int dlt = pcap_datalink(handle);
  const std::optional<LinkType> type = link_type_of(dlt);
  if (!type) {
    pcap_close(handle);
    return Error{"cannot read " + path + ": link type " + link_type_name(dlt) +
                 " is not supported; use Ethernet, raw IP or Linux cooked captures"};
  }
  return CaptureReader(std::move(path), handle, *type);
}

Result<bool> CaptureReader::next(CapturedPacket& packet) {
  pcap_pkthdr* header = nullptr;
  const std::uint8_t* bytes = nullptr;
  const int status = pcap_next_ex(handle_.get(), &header, &bytes);
  if (status == PCAP_ERROR_BREAK) return false;
  if (status != 1) {
    return Error{"cannot read " + path_ + " behind packet " + std::to_string(packets_) + ": " +
                 pcap_geterr(handle_.get())};
  }
  ++packets_;
  // With nanosecond precision tv_usec counts nanoseconds.
  packet.time_ns = static_cast<std::uint64_t>(header->ts.tv_sec) * 1'000'000'000u +
                   static_cast<std::uint64_t>(header->ts.tv_usec);
  packet.bytes = {bytes, header->caplen};
  packet.partial = header->caplen < header->len;
  packet.has_link_layer = link_type_ == LinkType::kEthernet;
  if (link_type_ == LinkType::kLinuxSll || link_type_ == LinkType::kLinuxSll2) {
    const std::size_t cooked =
        link_type_ == LinkType::kLinuxSll ? kSllHeaderBytes : kSll2HeaderBytes;
    if (packet.bytes.size() < cooked) {
      return Error{"cannot read " + path_ + ": packet " + std::to_string(packets_) +
                   " is shorter than its cooked header"};
    }
    packet.bytes = packet.bytes.subspan(cooked);
  }
  return true;
}

void CaptureWriter::Close::operator()(pcap* handle) const {
  pcap_close(handle);
}
void CaptureWriter::Close::operator()(pcap_dumper* dumper) const {
  pcap_dump_close(dumper);
}

Result<CaptureWriter> CaptureWriter::create(const std::string& path, LinkType link_type) {
  CaptureWriter writer(path, link_type);
  writer.handle_.reset(pcap_open_dead(dlt_of(link_type), kSnapLength));
  if (!writer.handle_) return Error{"cannot write " + path + ": no memory"};
  // Not pcap_dump_open(path): "-" would mean the standard output.
  errno = 0;
  std::FILE* file = std::fopen(path.c_str(), "wb");
  if (file == nullptr) return writer.failed();
  writer.dumper_.reset(pcap_dump_fopen(writer.handle_.get(), file));
  if (!writer.dumper_) {
    const Error error = writer.failed();
    std::fclose(file);
    return error;
  }
  return writer;
}

Status CaptureWriter::write(std::uint64_t time_ns, std::span<const std::uint8_t> bytes) {
  pcap_pkthdr header{};
  header.ts.tv_sec = static_cast<decltype(header.ts.tv_sec)>(time_ns / 1'000'000'000u);
  header.ts.tv_usec = static_cast<decltype(header.ts.tv_usec)>(time_ns % 1'000'000'000u / 1'000u);
  header.caplen = header.len = static_cast<bpf_u_int32>(bytes.size());
  errno = 0;
  pcap_dump(reinterpret_cast<u_char*>(dumper_.get()), &header, bytes.data());
  if (std::ferror(pcap_dump_file(dumper_.get())) != 0) return failed();
  return Ok{};
}

Status CaptureWriter::close() {
  errno = 0;
  if (pcap_dump_flush(dumper_.get()) != 0) return failed();
  dumper_.reset();
  handle_.reset();
  return Ok{};
}

Error CaptureWriter::failed() const {
  return Error{"cannot write " + path_ + ": " + (errno != 0 ? std::strerror(errno) : "failed")};
}

}  // namespace sextant
