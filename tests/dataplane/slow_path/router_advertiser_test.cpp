// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// RouterAdvertiser: bounds of RFC 4861 section 6.2 and determinism.
#include "dataplane/slow_path/router_advertiser.hpp"

#include "support/catch.hpp"
#include "table_fixture.hpp"

namespace sextant {
namespace {

constexpr std::uint64_t kSecond = 1'000'000'000;

struct Fixture : test::ChangingTables {
  TableView view;

  explicit Fixture(bool on = true) {
    if (on) tables.interfaces[0].router_advertisement = Interface::RouterAdvertisement{};
    view.apply(take_change());
  }
};

TEST_CASE("ra: nothing is sent where it is not configured") {
  Fixture f(false);
  RouterAdvertiser ra(f.view, 1);
  ra.rebase();
  ra.solicited(1, 5);
  CHECK(ra.tick(1000 * kSecond).empty());
  CHECK(ra.next_deadline() == RouterAdvertiser::kNever);
}

TEST_CASE("ra: three initial ones at most 16 s apart, then 200 to 600 s") {
  Fixture f;
  RouterAdvertiser ra(f.view, 1);
  ra.rebase();
  CHECK(ra.next_deadline() == 0);
  std::uint64_t now = 10;
  CHECK(ra.tick(now) == std::vector<InterfaceId>{1});
  for (int i = 1; i < 20; ++i) {
    const std::uint64_t gap = ra.next_deadline() - now;
    if (i < 3) {
      CHECK(gap <= 16 * kSecond);
    } else {
      CHECK(gap >= 200 * kSecond);
      CHECK(gap < 600 * kSecond);
    }
    CHECK(ra.tick(ra.next_deadline() - 1).empty());
    now = ra.next_deadline();
    CHECK(ra.tick(now).size() == 1);
  }
}

TEST_CASE("ra: a solicitation brings one forward, never within 3 s of the last") {
  Fixture f;
  RouterAdvertiser ra(f.view, 1);
  ra.rebase();
  (void)ra.tick(100 * kSecond);
  ra.solicited(1, 101 * kSecond);
  CHECK(ra.next_deadline() == 103 * kSecond);
  ra.solicited(1, 102 * kSecond);
  CHECK(ra.next_deadline() == 103 * kSecond);
  CHECK(ra.tick(103 * kSecond).size() == 1);
  ra.solicited(2, 110 * kSecond);
  CHECK(ra.next_deadline() > 110 * kSecond);
}

TEST_CASE("ra: the same seed gives the same times, another one others") {
  Fixture f;
  const auto times = [&](std::uint64_t seed) {
    RouterAdvertiser ra(f.view, seed);
    ra.rebase();
    std::vector<std::uint64_t> out;
    for (int i = 0; i < 8; ++i) {
      (void)ra.tick(ra.next_deadline());
      out.push_back(ra.next_deadline());
    }
    return out;
  };
  CHECK(times(1) == times(1));
  CHECK(times(1) != times(2));
}

TEST_CASE("ra: an interface that stops advertising has no timer") {
  Fixture f;
  RouterAdvertiser ra(f.view, 1);
  ra.rebase();
  (void)ra.tick(0);
  f.tables.interfaces[0].router_advertisement.reset();
  f.view.apply(f.take_change());
  ra.rebase();
  CHECK(ra.next_deadline() == RouterAdvertiser::kNever);
}

}  // namespace
}  // namespace sextant
