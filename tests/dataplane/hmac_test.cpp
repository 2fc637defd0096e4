// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// HMAC TLV: RFC 4231 vectors, verification at a SID, generation at a headend, key roll-over.
#include "dataplane/hmac.hpp"

#include "support/catch.hpp"
#include "support/steering_fixture.hpp"

using namespace sextant;
using namespace sextant::test;

namespace {

std::string mac_of(const Bytes& secret, const Bytes& text) {
  const HmacKeyEntry key = make_hmac_key_entry({7, secret});
  std::array<std::uint8_t, 32> mac;
  hmac_sha256(key, text, mac);
  return hex(mac);
}

Bytes text(std::string_view s) {
  return {s.begin(), s.end()};
}

const HmacKey kOld{1, text("the old secret")};
const HmacKey kNew{2, text("the new secret")};

// The MAC of RFC 8754 section 2.1.2.1 over the SRH at byte 40 of a packet, computed from the text.
Bytes expected_mac(const HmacKey& key, const Bytes& packet) {
  const std::size_t srh = 40;
  const std::size_t segments_bytes = 16 * (packet.at(srh + 4) + std::size_t{1});
  const std::size_t tlv = srh + 8 + segments_bytes;
  Bytes covered(packet.begin() + 8, packet.begin() + 24);
  covered.push_back(packet.at(srh + 4));
  covered.push_back(packet.at(srh + 5));
  covered.insert(covered.end(), packet.begin() + tlv + 2, packet.begin() + tlv + 8);
  covered.insert(covered.end(), packet.begin() + srh + 8,
                 packet.begin() + srh + 8 + segments_bytes);
  return from_hex(mac_of(key.secret, covered));
}

struct TlvOptions {
  bool d_bit = false;
  std::uint8_t length = 38;
};

// A packet for the SID a4:1::c7 with segments [a4:1::c7, a4:2::c7] and a signed SRH.
Bytes signed_packet(const HmacKey& key, const TlvOptions& options = {}, bool reduced = false) {
  Bytes tlv = {5,
               options.length,
               static_cast<std::uint8_t>(options.d_bit ? 0x80 : 0),
               0,
               0,
               0,
               0,
               static_cast<std::uint8_t>(key.id)};
  tlv.resize(40);
  Bytes packet = PacketBuilder()
                     .ipv6("1234::1", "a4:1::c7")
                     .srh(segments(2), 1, {.reduced = reduced, .tlvs = tlv, .flags = 0, .tag = 9})
                     .udp(1, 2)
                     .payload(8);
  const Bytes mac = expected_mac(key, packet);
  const std::size_t at = 40 + 8 + (reduced ? 16 : 32) + 8;
  std::copy(mac.begin(), mac.end(), packet.begin() + static_cast<std::ptrdiff_t>(at));
  return packet;
}

constexpr std::size_t kTlvAt = 40 + 8 + 32;

struct Verifier : SteeringFixture {
  LocalSidId sid = local_sid("a4:1::c7", Behavior::kEnd, {.hmac_required = true});
  Verifier() { settings().hmac_keys = {kOld, kNew}; }
  // The ICMP error that came back by pg0: type, code, pointer.
  std::array<std::uint32_t, 3> error_about(const Bytes& packet) {
    const RunResult result = receive(packet);
    const Bytes error = sent_by(0, result.only(0));
    return {error.at(40), error.at(41), error.at(47)};
  }
};

}  // namespace

TEST_CASE("HMAC-SHA-256: vectors of RFC 4231") {
  CHECK(mac_of(Bytes(20, 0x0b), text("Hi There")) ==
        "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  CHECK(mac_of(text("Jefe"), text("what do ya want for nothing?")) ==
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  CHECK(mac_of(Bytes(20, 0xaa), Bytes(50, 0xdd)) ==
        "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
  Bytes counting;
  for (std::uint8_t i = 1; i <= 25; ++i)
    counting.push_back(i);
  CHECK(mac_of(counting, Bytes(50, 0xcd)) ==
        "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b");
  CHECK(mac_of(Bytes(131, 0xaa), text("Test Using Larger Than Block-Size Key - Hash Key First")) ==
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
  CHECK(mac_of(Bytes(131, 0xaa),
               text("This is a test using a larger than block-size key and a larger than "
                    "block-size data. The key needs to be hashed before being used by the HMAC "
                    "algorithm.")) ==
        "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2");
}

TEST_CASE("HMAC-SHA-256: keys of every length around the block, no text") {
  // A key is padded with zeros up to the block, so these pairs are the same key.
  for (const std::size_t n : {0u, 1u, 31u, 63u}) {
    Bytes padded(n, 0x11);
    padded.push_back(0);
    CHECK(mac_of(Bytes(n, 0x11), {}) == mac_of(padded, {}));
  }
  CHECK(mac_of(Bytes(64, 0x11), {}) != mac_of(Bytes(65, 0x11), {}));
  CHECK(mac_of({}, {}) == "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

TEST_CASE("a SID that requires an HMAC lets signed packets pass, by either live key") {
  Verifier node;
  for (const HmacKey& key : {kOld, kNew}) {
    const Bytes packet = signed_packet(key);
    const Bytes sent = sent_by(1, node.receive(packet).only(1));
    Bytes expected = packet;
    expected[7] = 63;
    expected[43] = 0;  // Segments Left
    const Ipv6Address next = V6("a4:2::c7");
    std::copy(next.bytes.begin(), next.bytes.end(), expected.begin() + 24);
    CHECK(hex(sent) == hex(expected));
  }
  CHECK(node.sid_counter(node.sid).good.packets == 2);
}

TEST_CASE("key roll-over: two keys under one id, then the old one goes") {
  Verifier node;
  const HmacKey same_id{1, kNew.secret};
  node.settings().hmac_keys = {kOld, same_id};
  CHECK(node.receive(signed_packet(kOld)).sent() == 1);
  CHECK(node.receive(signed_packet(same_id)).sent() == 1);
  node.settings().hmac_keys = {same_id};
  CHECK(node.drops(DropReason::end_hmac_invalid) == 0);
  CHECK(node.receive(signed_packet(same_id)).only(1).size() > 0);
  node.receive(signed_packet(kOld));
  CHECK(node.drops(DropReason::end_hmac_invalid) == 1);
}

TEST_CASE("every covered byte breaks the MAC when it changes; what is not covered does not") {
  Verifier node;
  const Bytes good = signed_packet(kNew);
  std::vector<std::size_t> covered = {8, 23, 45};  // source, flags
  for (std::size_t at = 48; at < kTlvAt + 40; ++at) {
    const bool is_header = at == kTlvAt || at == kTlvAt + 1;  // type and length: other errors
    const bool is_key_id = at >= kTlvAt + 4 && at < kTlvAt + 8;
    if (!is_header && !is_key_id) covered.push_back(at);
  }
  std::uint64_t expected = 0;
  for (const std::size_t at : covered) {
    Bytes bad = good;
    bad[at] ^= 1;
    INFO("byte " << at);
    node.receive(bad);
    CHECK(node.drops(DropReason::end_hmac_invalid) == ++expected);
  }
  CHECK(node.sid_counter(node.sid).bad.packets == expected);
  for (const std::size_t at : {7u, 46u, 47u, 130u}) {  // hop limit, tag, payload
    Bytes other = good;
    other[at] ^= 1;
    INFO("byte " << at);
    CHECK(node.receive(other).sent() == 1);
  }
  CHECK(node.drops(DropReason::end_hmac_invalid) == expected);
}

TEST_CASE("a failed HMAC is answered with a parameter problem that points at the TLV") {
  Verifier node;
  Bytes bad = signed_packet(kNew);
  bad[kTlvAt + 39] ^= 0x80;
  CHECK(node.error_about(bad) == std::array<std::uint32_t, 3>{4, 0, kTlvAt});
  Bytes unknown = signed_packet({99, kNew.secret});
  CHECK(node.error_about(unknown) == std::array<std::uint32_t, 3>{4, 0, kTlvAt});
  Bytes short_tlv = signed_packet(kNew, {.length = 22});
  short_tlv[kTlvAt + 24] = srh_tlv::kPadN;
  short_tlv[kTlvAt + 25] = 14;
  CHECK(node.error_about(short_tlv) == std::array<std::uint32_t, 3>{4, 0, kTlvAt});
  CHECK(node.drops(DropReason::end_hmac_invalid) == 3);
}

TEST_CASE("no HMAC TLV where one is required") {
  Verifier node;
  const Bytes without = PacketBuilder().ipv6("1234::1", "a4:1::c7").srh(segments(2), 1).udp(1, 2);
  CHECK(node.error_about(without)[0] == 4);
  const Bytes other_tlv = PacketBuilder()
                              .ipv6("1234::1", "a4:1::c7")
                              .srh(segments(2), 1, {.tlvs = {124, 6, 1, 2, 3, 4, 5, 6}})
                              .udp(1, 2);
  CHECK(node.error_about(other_tlv) == std::array<std::uint32_t, 3>{4, 0, kTlvAt});
  CHECK(node.drops(DropReason::end_hmac_missing) == 2);
  const Bytes no_srh = PacketBuilder().ipv6("1234::1", "a4:1::c7").udp(1, 2);
  node.receive(no_srh).require_dropped("end_hmac_missing");
}

TEST_CASE("the destination must be the current segment, signed or not") {
  // A captured signature does not let its holder skip to another SID of this node.
  Verifier node;
  node.local_sid("a4:9::c7", Behavior::kEnd, {.hmac_required = true});
  Bytes moved = signed_packet(kNew);
  const Ipv6Address other = V6("a4:9::c7");
  std::copy(other.bytes.begin(), other.bytes.end(), moved.begin() + 24);
  CHECK(node.error_about(moved) == std::array<std::uint32_t, 3>{4, 0, kTlvAt});
  Bytes d_bit = signed_packet(kNew, {.d_bit = true});
  std::copy(other.bytes.begin(), other.bytes.end(), d_bit.begin() + 24);
  CHECK(node.error_about(d_bit) == std::array<std::uint32_t, 3>{4, 0, kTlvAt});
}

TEST_CASE("a reduced list needs the D bit while its first segment is current") {
  Verifier node;
  CHECK(node.receive(signed_packet(kNew, {.d_bit = true}, true)).sent() == 1);
  CHECK(node.drops(DropReason::end_hmac_invalid) == 0);
  node.receive(signed_packet(kNew, {.d_bit = false}, true));
  CHECK(node.drops(DropReason::end_hmac_invalid) == 1);
}

TEST_CASE("a SID that requires no HMAC does not look at one") {
  Verifier node;
  node.tables().local_sids.at(node.sid).hmac_required = false;
  Bytes bad = signed_packet(kNew);
  bad[kTlvAt + 39] ^= 0x80;
  CHECK(node.receive(bad).only(1).size() == bad.size() + 14);
}

TEST_CASE("headends sign what they push, and the next node verifies it") {
  const Headend headend = GENERATE(Headend::kHEncaps, Headend::kHEncapsRed, Headend::kHInsert);
  const std::size_t n = GENERATE(1u, 2u, 5u, 16u);
  CAPTURE(name_of(headend), n);
  SteeringFixture head;
  head.settings().hmac_keys = {kOld, kNew};
  ListOptions options;
  options.headend = headend;
  options.hmac_key_id = 2;
  head.steer_to(segments(n), options);
  const Bytes sent = sent_by(1, head.receive(inner_v6(), {.headroom = 512}).only(1));
  REQUIRE(sent.size() > 48);
  CHECK(sent.at(6) == ip_protocol::kRouting);

  const std::size_t entries = sent.at(44) + std::size_t{1};
  const std::size_t tlv = 48 + 16 * entries;
  REQUIRE((sent.at(41) + 1u) * 8 == 8 + 16 * entries + 40);
  CHECK(hex(Bytes(sent.begin() + static_cast<std::ptrdiff_t>(tlv + 8),
                  sent.begin() + static_cast<std::ptrdiff_t>(tlv + 40))) ==
        hex(expected_mac(kNew, sent)));
  CHECK(sent.at(tlv) == 5);
  CHECK(sent.at(tlv + 1) == 38);
  CHECK((sent.at(tlv + 2) & 0x80) == (sent.at(43) > sent.at(44) ? 0x80 : 0));
  CHECK(sent.at(tlv + 7) == 2);

  if (sent.at(43) == 0) return;  // no segment left to go on to
  Verifier next;
  next.route("a7::/16", next.fabric);
  CHECK(next.receive(sent, {.headroom = 64}).only(1).size() == sent.size() + 14);
  CHECK(next.drops(DropReason::end_hmac_invalid) == 0);
}
