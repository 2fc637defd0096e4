// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Behaviors, flavors and the segment routing header.
#include <sextant/srv6/behavior.hpp>
#include <sextant/srv6/srh.hpp>

#include <set>
#include <vector>

#include "support/catch.hpp"

using namespace sextant;

TEST_CASE("every behavior is found by its name, and no other name is one") {
  for (const BehaviorSpec& spec : kBehaviors) {
    const auto named = parse_behavior(spec.name);
    REQUIRE(named);
    CHECK(named->behavior == spec.behavior);
    CHECK(named->implied_flavors == 0);
    CHECK(&spec_of(spec.behavior) == &spec);
  }
  for (const char* name : {"", "end", "END", "End.", "End.DX9", "u", "uX", "uEnd", "uB6.Encaps",
                           "uAS", "End.X ", "H.Encaps"}) {
    CHECK_FALSE(parse_behavior(name));
  }
}

TEST_CASE("micro-SID names are behaviors with the NEXT-CSID flavor") {
  const std::vector<std::pair<const char*, Behavior>> names = {
      {"uN", Behavior::kEnd},       {"uA", Behavior::kEndX},     {"uT", Behavior::kEndT},
      {"uDT4", Behavior::kEndDt4},  {"uDT6", Behavior::kEndDt6}, {"uDT46", Behavior::kEndDt46},
      {"uDX2", Behavior::kEndDx2},  {"uDX4", Behavior::kEndDx4}, {"uDX6", Behavior::kEndDx6},
      {"uDX2V", Behavior::kEndDx2v}};
  for (const auto& [name, behavior] : names) {
    const auto named = parse_behavior(name);
    REQUIRE(named);
    CHECK(named->behavior == behavior);
    CHECK(named->implied_flavors == kNextCsid);
  }
}

TEST_CASE("code points are those of RFC 8986 table 4") {
  CHECK(spec_of(Behavior::kEnd).code_point == 1);
  CHECK(spec_of(Behavior::kEndX).code_point == 5);
  CHECK(spec_of(Behavior::kEndT).code_point == 9);
  CHECK(spec_of(Behavior::kEndB6Encaps).code_point == 14);
  CHECK(spec_of(Behavior::kEndDx6).code_point == 16);
  CHECK(spec_of(Behavior::kEndDx4).code_point == 17);
  CHECK(spec_of(Behavior::kEndDt6).code_point == 18);
  CHECK(spec_of(Behavior::kEndDt4).code_point == 19);
  CHECK(spec_of(Behavior::kEndDt46).code_point == 20);
  CHECK(spec_of(Behavior::kEndDx2).code_point == 21);
  CHECK(spec_of(Behavior::kEndDx2v).code_point == 22);
  CHECK(spec_of(Behavior::kEndDt2u).code_point == 23);
  CHECK(spec_of(Behavior::kEndDt2m).code_point == 24);
  CHECK(spec_of(Behavior::kEndB6EncapsRed).code_point == 27);
}

TEST_CASE("flavors print as they are read") {
  CHECK(flavors_to_string(0).empty());
  CHECK(flavors_to_string(kPsp | kUsd) == "PSP,USD");
  CHECK(flavors_to_string(kPsp | kUsp | kUsd | kNextCsid) == "PSP,USP,USD,NEXT-CSID");
  for (const char* name : {"PSP", "USP", "USD", "NEXT-CSID"}) {
    REQUIRE(parse_flavor(name));
    CHECK(flavors_to_string(*parse_flavor(name)) == name);
  }
  for (const char* name : {"", "psp", "PSP,USD", "next-csid"})
    CHECK_FALSE(parse_flavor(name));
}

TEST_CASE("an SRH is consistent exactly when its three lengths agree") {
  for (unsigned hdr_ext_len = 0; hdr_ext_len < 12; ++hdr_ext_len) {
    for (unsigned last_entry = 0; last_entry < 8; ++last_entry) {
      for (unsigned left = 0; left < 10; ++left) {
        Srh srh{};
        srh.hdr_ext_len = static_cast<std::uint8_t>(hdr_ext_len);
        srh.last_entry = static_cast<std::uint8_t>(last_entry);
        srh.segments_left = static_cast<std::uint8_t>(left);
        const bool room = 8 + 16 * (last_entry + 1) <= 8 + 8 * hdr_ext_len;
        CHECK(srh.consistent() == (room && left <= last_entry + 1));
      }
    }
  }
}

namespace {

// Types of the TLVs seen; whether the walk stayed inside.
std::pair<std::vector<int>, bool> walk(std::vector<std::uint8_t> bytes) {
  std::vector<int> types;
  const bool inside = for_each_tlv(bytes, [&](std::uint8_t type, auto) { types.push_back(type); });
  return {types, inside};
}

}  // namespace

TEST_CASE("the TLV walk skips padding and never leaves the area") {
  CHECK(walk({}) == std::pair{std::vector<int>{}, true});
  CHECK(walk({0, 0, 0}) == std::pair{std::vector<int>{}, true});
  CHECK(walk({4, 2, 0, 0, 9, 1, 7}) == std::pair{std::vector<int>{9}, true});
  CHECK(walk({9, 0, 8, 0}) == std::pair{std::vector<int>{9, 8}, true});
  CHECK_FALSE(walk({9}).second);
  CHECK_FALSE(walk({9, 1}).second);
  CHECK_FALSE(walk({9, 0, 8, 5, 1, 2, 3, 4}).second);
  CHECK_FALSE(walk({4, 255, 0}).second);
}
