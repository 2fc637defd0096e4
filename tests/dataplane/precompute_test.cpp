// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// The bytes that a segment list pushes, for each headend, length and option.
#include "dataplane/tables/precompute.hpp"

#include <string>

#include "support/catch.hpp"
#include "support/packet_builder.hpp"

namespace sextant {
namespace {

using test::Bytes;
using test::from_hex;
using test::PacketBuilder;
using test::V6;

SegmentList list_of(Headend headend, const std::vector<V6>& segments) {
  SegmentList list;
  list.id = 4;
  list.segments.assign(segments.begin(), segments.end());
  list.headend = headend;
  list.outer.source = V6("a3::");
  return list;
}

Bytes rewrite_of(const SegmentListEntry& entry) {
  return {entry.rewrite.begin(), entry.rewrite.begin() + entry.rewrite_bytes};
}

// What stays zero until a packet comes: payload length, and the next header behind the last one.
test::Ipv6Options zero_length(std::uint8_t next_header) {
  return {.payload_length = 0, .next_header = next_header};
}

TEST_CASE("rewrite: H.Encaps holds all segments, the first one last and in the destination") {
  const auto entry =
      make_segment_list_entry(list_of(Headend::kHEncaps, {"a4::", "a5::", "a6::c7"}));
  CHECK(rewrite_of(entry) == PacketBuilder()
                                 .ipv6("a3::", "a4::", zero_length(43))
                                 .srh({"a4::", "a5::", "a6::c7"}, 2, {.next_header = 0})
                                 .build());
  CHECK(entry.srh_len == 56);
  CHECK(entry.next_header_at == 40);
  CHECK(entry.copy_traffic_class);
  CHECK(entry.id == 4);
}

TEST_CASE("rewrite: one segment needs no SRH") {
  for (const Headend headend : {Headend::kHEncaps, Headend::kHEncapsRed}) {
    const auto entry = make_segment_list_entry(list_of(headend, {"a4::"}));
    CHECK(rewrite_of(entry) == PacketBuilder().ipv6("a3::", "a4::", zero_length(0)).build());
    CHECK(entry.srh_len == 0);
    CHECK(entry.next_header_at == 6);
  }
}

TEST_CASE("rewrite: H.Encaps.Red leaves the first segment out of the SRH") {
  const auto entry =
      make_segment_list_entry(list_of(Headend::kHEncapsRed, {"a4::", "a5::", "a6::c7"}));
  CHECK(rewrite_of(entry) ==
        PacketBuilder()
            .ipv6("a3::", "a4::", zero_length(43))
            .srh({"a4::", "a5::", "a6::c7"}, 2, {.reduced = true, .next_header = 0})
            .build());
  const Srh& srh = *reinterpret_cast<const Srh*>(entry.rewrite.data() + 40);
  CHECK(srh.last_entry == 1);
  CHECK(srh.segments_left == 2);
  CHECK(srh.consistent());
}

TEST_CASE("rewrite: H.Insert keeps entry 0 free for the destination of the packet") {
  const auto entry =
      make_segment_list_entry(list_of(Headend::kHInsert, {"a4::", "a5::", "a6::c7"}));
  CHECK(rewrite_of(entry) ==
        PacketBuilder().srh({"a4::", "a5::", "a6::c7", "::"}, 3, {.next_header = 0}).build());
  CHECK(entry.srh_len == entry.rewrite_bytes);
  CHECK(entry.next_header_at == 0);
  const Srh& srh = *reinterpret_cast<const Srh*>(entry.rewrite.data());
  CHECK(srh.segments()[srh.last_entry] == V6("a4::"));
}

TEST_CASE("rewrite: H.Insert of one segment still needs its SRH") {
  const auto entry = make_segment_list_entry(list_of(Headend::kHInsert, {"a4::"}));
  CHECK(rewrite_of(entry) == PacketBuilder().srh({"a4::", "::"}, 1, {.next_header = 0}).build());
}

TEST_CASE("rewrite: End.AS pushes the segments that are left, as if they were the list") {
  SegmentList list = list_of(Headend::kHEncaps, {"a1::a6", "a2::", "a3::"});
  list.outer.source = V6("a2::");
  list.segments_done = 1;
  CHECK(rewrite_of(make_segment_list_entry(list)) ==
        PacketBuilder()
            .ipv6("a2::", "a2::", zero_length(43))
            .srh({"a2::", "a3::"}, 1, {.next_header = 0})
            .build());
  list.segments_done = 2;
  const auto last = make_segment_list_entry(list);
  CHECK(rewrite_of(last) == PacketBuilder().ipv6("a2::", "a3::", zero_length(0)).build());
  CHECK(last.srh_len == 0);
}

TEST_CASE("rewrite: hop limit and traffic class of the outer header; its ECN bits stay 0") {
  SegmentList list = list_of(Headend::kHEncaps, {"a4::"});
  list.outer.hop_limit = 17;
  list.outer.traffic_class = 0xbb;
  const auto entry = make_segment_list_entry(list);
  test::Ipv6Options options = zero_length(0);
  options.hop_limit = 17;
  options.traffic_class = 0xb8;
  CHECK(rewrite_of(entry) == PacketBuilder().ipv6("a3::", "a4::", options).build());
  CHECK_FALSE(entry.copy_traffic_class);
  CHECK(entry.traffic_class == 0xb8);
}

// Type 5, length 38, D bit, key id 7, 32 bytes that the lcore fills in.
Bytes hmac_tlv(bool reduced) {
  Bytes tlv = from_hex(reduced ? "0526800000000007" : "0526000000000007");
  tlv.resize(40);
  return tlv;
}

TEST_CASE("rewrite: an HMAC TLV stands at the end of the SRH") {
  SegmentList list = list_of(Headend::kHEncaps, {"a4::", "a5::"});
  list.outer.hmac_key_id = 7;
  CHECK(rewrite_of(make_segment_list_entry(list)) ==
        PacketBuilder()
            .ipv6("a3::", "a4::", zero_length(43))
            .srh({"a4::", "a5::"}, 1, {.tlvs = hmac_tlv(false), .next_header = 0})
            .build());
  list.headend = Headend::kHEncapsRed;
  CHECK(rewrite_of(make_segment_list_entry(list)) ==
        PacketBuilder()
            .ipv6("a3::", "a4::", zero_length(43))
            .srh({"a4::", "a5::"}, 1, {.reduced = true, .tlvs = hmac_tlv(true), .next_header = 0})
            .build());
  list.headend = Headend::kHInsert;
  const auto insert = make_segment_list_entry(list);
  CHECK(rewrite_of(insert) ==
        PacketBuilder()
            .srh({"a4::", "a5::", "::"}, 2, {.tlvs = hmac_tlv(false), .next_header = 0})
            .build());
  CHECK(insert.srh_len == 96);
}

TEST_CASE("rewrite: with an HMAC even one segment needs an SRH") {
  for (const Headend headend : {Headend::kHEncaps, Headend::kHEncapsRed}) {
    SegmentList list = list_of(headend, {"a4::"});
    list.outer.hmac_key_id = 7;
    const auto entry = make_segment_list_entry(list);
    CHECK(rewrite_of(entry) == PacketBuilder()
                                   .ipv6("a3::", "a4::", zero_length(43))
                                   .srh({"a4::"}, 0, {.tlvs = hmac_tlv(false), .next_header = 0})
                                   .build());
    CHECK(entry.srh_len == 64);
  }
}

TEST_CASE("rewrite: every length up to the longest fits, and is consistent") {
  for (const Headend headend : {Headend::kHEncaps, Headend::kHEncapsRed, Headend::kHInsert}) {
    for (const std::uint32_t key : {0u, 7u}) {
      SegmentList list = list_of(headend, {});
      list.outer.hmac_key_id = key;
      for (std::size_t n = 1; n <= kMaxSegments; ++n) {
        Ipv6Address segment = V6("b::");
        segment.bytes[15] = static_cast<std::uint8_t>(n);
        list.segments.push_back(segment);
        CAPTURE(name_of(headend), key, n);
        const auto entry = make_segment_list_entry(list);
        REQUIRE(entry.rewrite_bytes <= SegmentListEntry::kMaxRewrite);
        const std::size_t outer = headend == Headend::kHInsert ? 0 : sizeof(Ipv6Header);
        REQUIRE(entry.rewrite_bytes == outer + entry.srh_len);
        if (entry.srh_len == 0) continue;
        const Srh& srh = *reinterpret_cast<const Srh*>(entry.rewrite.data() + outer);
        CHECK(srh.bytes() == entry.srh_len);
        CHECK(srh.consistent());
        CHECK(srh_tlvs(srh).size() == (key == 0 ? 0 : sizeof(HmacTlv)));
      }
    }
  }
}

}  // namespace
}  // namespace sextant
