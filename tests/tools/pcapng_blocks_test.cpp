// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Blocks out of pieces of a pcapng stream, and streams that are none.
#include "sextant/pcapng_blocks.hpp"

#include "support/catch.hpp"

using namespace sextant;

namespace {

std::string word(std::uint32_t value, bool swapped = false) {
  if (swapped) value = __builtin_bswap32(value);
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

std::string block(std::uint32_t type, const std::string& body, bool swapped = false) {
  const auto size = static_cast<std::uint32_t>(12 + body.size());
  return word(type, swapped) + word(size, swapped) + body + word(size, swapped);
}

std::string stream(bool swapped = false) {
  return block(0x0a0d0d0a, word(0x1a2b3c4d, swapped) + std::string(12, '\0'), swapped) +
         block(1, std::string(8, '\0'), swapped) + block(6, std::string(40, 'p'), swapped) +
         block(6, std::string(20, 'q'), swapped);
}

}  // namespace

TEST_CASE("Every cut of a stream gives the same blocks, in both byte orders") {
  for (const bool swapped : {false, true}) {
    const std::string whole = stream(swapped);
    for (std::size_t cut = 0; cut <= whole.size(); ++cut) {
      PcapngBlocks blocks;
      auto first = blocks.take(whole.substr(0, cut));
      REQUIRE(first);
      auto second = blocks.take(whole.substr(cut));
      REQUIRE(second);
      CHECK(*first + *second == whole);
      CHECK(blocks.packets() == 2);
      CHECK(blocks.pending() == 0);
    }
  }
}

TEST_CASE("A stream that ends early leaves whole blocks") {
  const std::string whole = stream();
  PcapngBlocks blocks;
  const auto got = blocks.take(whole.substr(0, whole.size() - 1));
  REQUIRE(got);
  CHECK(*got == whole.substr(0, whole.size() - 32));
  CHECK(blocks.packets() == 1);
  CHECK(blocks.pending() == 31);
}

TEST_CASE("What is no pcapng is refused") {
  CHECK_FALSE(PcapngBlocks().take("{\"error\":\"no such thing\"}"));
  CHECK_FALSE(PcapngBlocks().take(block(6, std::string(20, 'x'))));
  // A wrong magic, lengths that are too short, odd, huge, or different at the end.
  CHECK_FALSE(PcapngBlocks().take(block(0x0a0d0d0a, word(0x12345678) + std::string(12, '\0'))));
  for (const std::uint32_t length : {0u, 8u, 13u, 0x40000000u}) {
    PcapngBlocks blocks;
    REQUIRE(blocks.take(stream()));
    CHECK_FALSE(blocks.take(word(6) + word(length) + std::string(40, '\0')));
  }
  PcapngBlocks blocks;
  REQUIRE(blocks.take(stream()));
  CHECK_FALSE(blocks.take(word(6) + word(16) + word(0) + word(20)));
}
