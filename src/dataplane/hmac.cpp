// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// HMAC TLV on OpenSSL's low-level SHA-256: the only interface of it that never allocates.
#include "hmac.hpp"

#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace sextant {

namespace {

// OpenSSL 3 marks the low-level digests as deprecated in favor of EVP, which allocates.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
void sha256_start(SHA256_CTX& context) noexcept {
  SHA256_Init(&context);
}
void sha256_add(SHA256_CTX& context, std::span<const std::uint8_t> bytes) noexcept {
  SHA256_Update(&context, bytes.data(), bytes.size());
}
void sha256_finish(SHA256_CTX& context, std::uint8_t* digest) noexcept {
  SHA256_Final(digest, &context);
}
#pragma GCC diagnostic pop

constexpr std::size_t kBlockBytes = 64;
constexpr std::size_t kDigestBytes = 32;
constexpr std::uint8_t kTlvLength = sizeof(HmacTlv) - 2;
constexpr std::uint16_t kDestinationUnchecked = 0x8000;  // the D bit

// The state after hashing one block: key xor pad.
std::array<std::uint32_t, 8> state_after_pad(const std::array<std::uint8_t, kBlockBytes>& key,
                                             std::uint8_t pad) {
  std::array<std::uint8_t, kBlockBytes> block;
  for (std::size_t i = 0; i < block.size(); ++i)
    block[i] = key[i] ^ pad;
  SHA256_CTX context;
  sha256_start(context);
  sha256_add(context, block);
  std::array<std::uint32_t, 8> state;
  std::copy_n(context.h, state.size(), state.begin());
  return state;
}

void resume(SHA256_CTX& context, const std::array<std::uint32_t, 8>& state) noexcept {
  std::copy_n(state.begin(), state.size(), context.h);
  context.Nl = kBlockBytes * 8;  // bits hashed so far
  context.Nh = 0;
  context.num = 0;
  context.md_len = kDigestBytes;
}

// Time does not depend on where the difference is.
bool equal_in_constant_time(const std::uint8_t* a, const std::uint8_t* b, std::size_t n) noexcept {
  volatile std::uint8_t difference = 0;
  for (std::size_t i = 0; i < n; ++i)
    difference = difference | (a[i] ^ b[i]);
  return difference == 0;
}

// RFC 8754 section 2.1.2.1: what the MAC covers, in this order.
class CoveredText {
 public:
  CoveredText(const Ipv6Header& ip, const Srh& srh, const HmacTlv& tlv) noexcept {
    add(&ip.source, sizeof ip.source);
    add(&srh.last_entry, 1);
    add(&srh.flags, 1);
    add(&tlv.d_reserved, sizeof tlv.d_reserved);
    add(&tlv.key_id, sizeof tlv.key_id);
    add(srh.segments(), (srh.last_entry + std::size_t{1}) * sizeof(Ipv6Address));
  }
  [[nodiscard]] std::span<const std::uint8_t> bytes() const { return {text_.data(), count_}; }

 private:
  // The header length field allows 127 segments.
  static constexpr std::size_t kMaxBytes = 16 + 1 + 1 + 2 + 4 + 127 * sizeof(Ipv6Address);

  void add(const void* from, std::size_t n) noexcept {
    std::memcpy(text_.data() + count_, from, n);
    count_ += n;
  }

  std::size_t count_ = 0;
  std::array<std::uint8_t, kMaxBytes> text_;
};

// RFC 8754 section 2.1.2.1: the destination must be the current segment, unless a reduced list does
// not hold it and the source said so by the D bit.
bool destination_is_current(const Ipv6Header& ip, const Srh& srh, const HmacTlv& tlv) noexcept {
  if (srh.segments_left <= srh.last_entry) {
    return std::memcmp(&srh.segments()[srh.segments_left], &ip.destination,
                       sizeof ip.destination) == 0;
  }
  return (tlv.d_reserved.host() & kDestinationUnchecked) != 0;
}

}  // namespace

HmacKeyEntry make_hmac_key_entry(const HmacKey& key) {
  std::array<std::uint8_t, kBlockBytes> block{};
  if (key.secret.size() > kBlockBytes) {
    SHA256_CTX context;
    sha256_start(context);
    sha256_add(context, key.secret);
    sha256_finish(context, block.data());
  } else {
    std::copy(key.secret.begin(), key.secret.end(), block.begin());
  }
  return {key.id, state_after_pad(block, 0x36), state_after_pad(block, 0x5c)};
}

void hmac_sha256(const HmacKeyEntry& key, std::span<const std::uint8_t> text,
                 std::span<std::uint8_t, 32> mac) noexcept {
  std::array<std::uint8_t, kDigestBytes> digest;
  SHA256_CTX context{};
  resume(context, key.inner_state);
  sha256_add(context, text);
  sha256_finish(context, digest.data());
  resume(context, key.outer_state);
  sha256_add(context, digest);
  sha256_finish(context, mac.data());
}

Refusal<Verdict> verify_required_hmac(ForwardContext& context, Packet packet) noexcept {
  const Srh* srh = packet.srh();
  if (srh == nullptr || srh->routing_type != kRoutingTypeSegmentRouting) {
    return Verdict::drop(DropReason::end_hmac_missing);
  }
  if (!srh->consistent()) {
    const auto pointer = packet.meta().srh_offset + offsetof(Srh, segments_left);
    return Verdict::drop(DropReason::end_srh_malformed, IcmpError::kErroneousHeader,
                         static_cast<std::uint32_t>(pointer));
  }

  const std::span<const std::uint8_t> tlvs = srh_tlvs(*srh);
  std::span<const std::uint8_t> found;
  const bool well_formed = for_each_tlv(tlvs, [&](std::uint8_t type, auto tlv) {
    if (type == srh_tlv::kHmac && found.empty()) found = tlv;
  });
  const std::uint8_t* at = found.empty() ? tlvs.data() : found.data();
  // Without a TLV the pointer is where it should have been: right behind the segment list.
  const auto pointer = at == nullptr
                           ? static_cast<std::uint32_t>(packet.meta().srh_offset + srh->bytes())
                           : static_cast<std::uint32_t>(at - packet.data());
  const auto drop = [&](DropReason reason) {
    return Verdict::drop(reason, IcmpError::kErroneousHeader, pointer);
  };
  if (!well_formed) return drop(DropReason::end_srh_malformed);
  if (found.empty()) return drop(DropReason::end_hmac_missing);
  if (found.size() != sizeof(HmacTlv)) return drop(DropReason::end_hmac_invalid);

  const auto& tlv = *reinterpret_cast<const HmacTlv*>(found.data());
  if (!destination_is_current(packet.ipv6(), *srh, tlv)) return drop(DropReason::end_hmac_invalid);
  const CoveredText text(packet.ipv6(), *srh, tlv);
  for (const HmacKeyEntry& key : context.tables.hmac_keys) {
    if (key.id != tlv.key_id.host()) continue;
    std::array<std::uint8_t, kDigestBytes> mac;
    hmac_sha256(key, text.bytes(), mac);
    if (equal_in_constant_time(mac.data(), tlv.mac, mac.size())) return std::nullopt;
  }
  return drop(DropReason::end_hmac_invalid);
}

void write_hmac(const HmacKeyEntry& key, const Ipv6Header& ip, Srh& srh) noexcept {
  auto* end = reinterpret_cast<std::uint8_t*>(&srh) + srh.bytes();
  auto& tlv = *reinterpret_cast<HmacTlv*>(end - sizeof(HmacTlv));
  tlv.type = srh_tlv::kHmac;
  tlv.length = kTlvLength;
  tlv.d_reserved = Be16(srh.segments_left > srh.last_entry ? kDestinationUnchecked : 0);
  tlv.key_id = Be32(key.id);
  const CoveredText text(ip, srh, tlv);
  hmac_sha256(key, text.bytes(), tlv.mac);
}

}  // namespace sextant
