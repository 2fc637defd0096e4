// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// IPv6 header chains, SRH, TLVs and HMAC, against a second opinion that is written differently.
//
// Input: kind (1 byte), then the bytes of a packet, or key and text.
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <optional>

#include "../support/fake_mbuf.hpp"
#include "dataplane/hmac.hpp"
#include "dataplane/parse.hpp"
#include "fuzz_node.hpp"

namespace {

using namespace sextant;
using fuzz::require;

// What the chain is, by walking a plain vector. Nothing: malformed.
struct Chain {
  std::size_t srh = 0;
  std::size_t upper_layer = 0;
  std::uint8_t protocol = 0;
};
std::optional<Chain> walk(std::span<const std::uint8_t> packet) {
  Chain chain{0, sizeof(Ipv6Header), packet[6]};
  for (int headers = 0;; ++headers) {
    const std::uint8_t p = chain.protocol;
    if (p != ip_protocol::kHopByHop && p != ip_protocol::kRouting &&
        p != ip_protocol::kDestOptions) {
      return chain;
    }
    const auto rest = packet.subspan(chain.upper_layer);
    if (headers == 8 || rest.size() < 8 || rest.size() < (rest[1] + 1u) * 8u) return std::nullopt;
    if (p == ip_protocol::kHopByHop && headers != 0) return std::nullopt;
    if (p == ip_protocol::kRouting && chain.srh == 0) chain.srh = chain.upper_layer;
    chain.protocol = rest[0];
    chain.upper_layer += (rest[1] + 1u) * 8u;
  }
}

void check_tlvs(const Srh& srh) {
  if (!srh.consistent()) return;
  const auto tlvs = srh_tlvs(srh);
  std::size_t seen = 0;
  const bool fine = for_each_tlv(tlvs, [&](std::uint8_t type, std::span<const std::uint8_t> tlv) {
    require(tlv.size() >= 2 && tlv[0] == type && tlv.size() == tlv[1] + 2u, "TLV cut wrongly");
    require(tlv.data() >= tlvs.data() && tlv.data() + tlv.size() <= tlvs.data() + tlvs.size(),
            "TLV outside of the SRH");
    seen += tlv.size();
  });
  require(seen <= tlvs.size() && (fine || !tlvs.empty()), "TLVs larger than their area");
}

// One vector of bytes as the only segment, without room around it.
void check_chain(std::span<const std::uint8_t> bytes) {
  test::MbufOptions options;
  options.headroom = 0;
  options.room = static_cast<std::uint16_t>(bytes.size());
  test::FakeMbuf mbuf(bytes, options);
  PacketMeta meta;
  const Packet packet(mbuf.get(), &meta);
  const auto refused = check_ipv6(packet);
  require(packet.bytes() <= bytes.size(), "check_ipv6 grew the packet");
  if (refused) return;
  const auto expected = walk({packet.data(), packet.bytes()});
  const auto malformed = parse_ipv6_chain(packet);
  require(static_cast<bool>(malformed) == !expected, "chain: accepted and refused disagree");
  if (malformed) return;
  require(meta.srh_offset == expected->srh, "SRH offset", meta.srh_offset, expected->srh);
  require(meta.upper_layer == expected->protocol, "upper layer");
  require(meta.upper_layer_offset == expected->upper_layer, "upper layer offset");
  if (packet.srh() != nullptr) check_tlvs(*packet.srh());
}

void check_hmac(fuzz::InputReader& input) {
  HmacKey key;
  key.id = input.byte();
  const auto secret = input.bytes(1u + input.byte() % 200);
  if (secret.empty()) return;
  key.secret.assign(secret.begin(), secret.end());
  const HmacKeyEntry entry = make_hmac_key_entry(key);
  const auto text = input.rest();
  std::array<std::uint8_t, 32> mac{};
  hmac_sha256(entry, text, mac);
  std::array<std::uint8_t, EVP_MAX_MD_SIZE> expected{};
  unsigned bytes = 0;
  HMAC(EVP_sha256(), key.secret.data(), static_cast<int>(key.secret.size()), text.data(),
       text.size(), expected.data(), &bytes);
  require(bytes == mac.size() && std::equal(mac.begin(), mac.end(), expected.begin()),
          "HMAC differs from OpenSSL's");
}

// A signed packet verifies, and no longer does when a covered bit changes.
void check_signature(fuzz::InputReader& input) {
  fuzz::FuzzNode& node = fuzz::FuzzNode::get();
  node.reset();
  const unsigned segments = 1 + input.byte() % kMaxSegments;
  const std::uint16_t flip = input.word();
  const std::size_t srh_len = srh_bytes(segments) + sizeof(HmacTlv);
  std::vector<std::uint8_t> bytes(sizeof(Ipv6Header) + srh_len);
  const auto noise = input.rest();
  for (std::size_t i = 0; i < bytes.size(); ++i)
    bytes[i] = noise.empty() ? 0 : noise[i % noise.size()];
  test::MbufOptions options;
  options.headroom = 0;
  options.room = static_cast<std::uint16_t>(bytes.size());
  test::FakeMbuf mbuf(bytes, options);
  PacketMeta meta;
  const Packet packet(mbuf.get(), &meta);
  Ipv6Header& ip = packet.ipv6();
  meta.srh_offset = sizeof ip;
  Srh& srh = *packet.srh();
  srh.hdr_ext_len = static_cast<std::uint8_t>(srh_len / 8 - 1);
  srh.routing_type = kRoutingTypeSegmentRouting;
  srh.last_entry = static_cast<std::uint8_t>(segments - 1);
  srh.segments_left = static_cast<std::uint8_t>(srh.segments_left % segments);
  ip.destination = srh.segments()[srh.segments_left];
  write_hmac(node.tables.hmac_keys.at(0), ip, srh);

  LocalSidEntry sid;
  sid.hmac_required = true;
  ForwardContext context{node.tables, node.lcore, node.lcore.burst};
  require(!verify_hmac(context, packet, sid), "a good signature was refused");
  // Source, Last Entry aside (it decides what is covered), flags, segments, TLV but its padding.
  const std::size_t first = sizeof(Ipv6Header) + sizeof(Srh);
  const std::size_t at = first + flip % (bytes.size() - first);
  packet.data()[at] ^= 1;
  require(static_cast<bool>(verify_hmac(context, packet, sid)), "a forged packet was accepted", at);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kMaxBytes = 4096;
  fuzz::InputReader input(data, std::min(size, kMaxBytes));
  switch (input.byte() % 4) {
    case 1: check_hmac(input); break;
    case 2: check_signature(input); break;
    default: check_chain(input.rest()); break;
  }
  return 0;
}
