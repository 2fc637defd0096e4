// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Every behavior with every combination of its flavors, every kind of inner packet and extension
// header, every position in the segment list: alone, and mixed in bursts where each lane has
// another SID. What is wanted comes from the RFCs' rules on the description of a packet, not on its
// bytes.
#include <filesystem>
#include <random>
#include <set>

#include "behaviors/behavior_matrix.hpp"

namespace sextant::test {

using matrix::Case;
using matrix::Matrix;
using matrix::Wanted;

namespace {

// Everything that one burst should leave behind, in any order.
struct Outcome {
  std::map<PortIndex, std::multiset<Bytes>> tx;
  std::multiset<Bytes> punted, dropped;
  std::map<std::string, std::uint64_t> drops;
  friend bool operator==(const Outcome&, const Outcome&) = default;
};

// The flow label of a policy's header is a hash.
Bytes without_label(Bytes frame) {
  if (frame.size() >= 54 && frame[12] == 0x86 && frame[13] == 0xdd) {
    frame[15] &= 0xf0;
    frame[16] = frame[17] = 0;
  }
  return frame;
}

void add(Outcome& out, const Wanted& w) {
  switch (w.kind) {
    case Wanted::Kind::kSent:
      out.tx[w.port].insert(BehaviorFixture::sent_on(w.port, w.bytes));
      break;
    case Wanted::Kind::kFrame: out.tx[w.port].insert(w.bytes); break;
    case Wanted::Kind::kPunted: out.punted.insert(w.bytes); break;
    case Wanted::Kind::kDropped: out.dropped.insert(w.bytes); break;
    case Wanted::Kind::kError:
      out.tx[w.port].insert(BehaviorFixture::sent_on(
          w.port, BehaviorFixture::error(w.bytes, w.type, w.code, w.parameter)));
      break;
  }
  if (!w.reason.empty()) ++out.drops[w.reason];
}

Outcome outcome_of(const RunResult& result) {
  Outcome out;
  for (const auto& [port, frames] : result.tx) {
    for (const Bytes& frame : frames)
      out.tx[port].insert(without_label(frame));
  }
  for (const Punted& punted : result.punted)
    out.punted.insert(punted.bytes);
  out.dropped.insert(result.dropped.begin(), result.dropped.end());
  out.drops = result.drops;
  return out;
}

std::string text_of(const Outcome& outcome) {
  std::string out;
  for (const auto& [port, frames] : outcome.tx) {
    for (const Bytes& frame : frames)
      out += "\n  pg" + std::to_string(port) + " " + hex(frame);
  }
  for (const Bytes& bytes : outcome.punted)
    out += "\n  punted " + hex(bytes);
  for (const Bytes& bytes : outcome.dropped)
    out += "\n  dropped " + hex(bytes);
  for (const auto& [reason, n] : outcome.drops)
    out += "\n  " + reason + " " + std::to_string(n);
  return out;
}

std::string text_of(const Case& c) {
  return std::string(spec_of(c.behavior).name) + " [" + flavors_to_string(c.flavors) +
         "] payload " + std::to_string(static_cast<int>(c.payload)) + " headers " +
         std::to_string(static_cast<int>(c.headers)) + " place " +
         std::to_string(static_cast<int>(c.place)) + " hop limit " + std::to_string(c.hops) +
         (c.argument ? " argument" : "");
}

// Runs cases in one burst; true when all is as wanted, else prints what is not.
bool burst_is_as_wanted(Matrix& all, const std::vector<Case>& burst) {
  Outcome wanted;
  std::vector<Frame> frames;
  std::map<LocalSidId, std::pair<unsigned, unsigned>> counted;  // good, bad
  for (const Case& c : burst) {
    const Wanted one = all.wanted(c);
    add(wanted, one);
    ++(one.reason.empty() ? counted[c.sid].first : counted[c.sid].second);
    frames.emplace_back(BehaviorFixture::received(all.packet(c)));
  }
  std::map<LocalSidId, SidCounter> before;
  for (const auto& [sid, n] : counted)
    before[sid] = all.sid_counter(sid);
  const Outcome seen = outcome_of(all.run(BehaviorFixture::kIn, frames));
  if (!(seen == wanted)) {
    std::string cases;
    if (burst.size() == 1) cases = text_of(burst.front());
    UNSCOPED_INFO(cases << "\nwanted:" << text_of(wanted) << "\nsaw:" << text_of(seen));
    return false;
  }
  for (const auto& [sid, n] : counted) {
    const SidCounter after = all.sid_counter(sid);
    if (after.good.packets - before[sid].good.packets != n.first ||
        after.bad.packets - before[sid].bad.packets != n.second) {
      UNSCOPED_INFO("counters of SID " << sid);
      return false;
    }
  }
  return true;
}

// One SID of each behavior, for tests of malformed packets.
std::vector<Case> one_of_each(const Matrix& all) {
  std::vector<Case> out;
  for (const Case& c : all.cases()) {
    if (c.headers != matrix::Headers::kPlain || c.hops != 64 || c.argument) continue;
    if (c.payload != matrix::Payload::kIpv6 || c.place != matrix::Place::kOneLeft) continue;
    out.push_back(c);
  }
  return out;
}

// What must hold for any packet: it is sent, handed over or dropped, once; a refused one is as it
// came, or quoted as it came.
void require_sane(BehaviorFixture& fixture, const Bytes& packet) {
  const RunResult result = fixture.pass(packet);
  INFO("in " << hex(packet));
  REQUIRE(result.sent() + result.punted.size() + result.dropped.size() == 1);
  for (const Bytes& dropped : result.dropped)
    REQUIRE(hex(dropped) == hex(packet));
  if (result.drops.empty() || result.sent() == 0) return;
  // What is refused later, on its way to the next segment, has been changed by then.
  const std::string& reason = result.drops.begin()->first;
  if (reason.compare(0, 4, "end_") != 0 && reason.compare(0, 6, "parse_") != 0) return;
  const Bytes& error = result.only(BehaviorFixture::kIn);
  REQUIRE(hex(Bytes(error.begin() + 14 + 48, error.end())) == hex(packet));
}

}  // namespace

TEST_CASE("Matrix: every case alone") {
  Matrix all;
  REQUIRE(all.cases().size() > 10000);
  for (const Case& c : all.cases()) {
    if (!burst_is_as_wanted(all, {c})) FAIL("not as wanted");
  }
  SUCCEED(all.cases().size());
}

TEST_CASE("Matrix: mixed bursts, every lane another case") {
  Matrix all;
  std::vector<Case> cases = all.cases();
  std::mt19937 random(8986);
  for (const std::size_t size : {256, 64, 33}) {
    std::shuffle(cases.begin(), cases.end(), random);
    for (std::size_t at = 0; at < cases.size(); at += size) {
      const std::size_t end = std::min(at + size, cases.size());
      const std::vector<Case> burst(cases.begin() + static_cast<std::ptrdiff_t>(at),
                                    cases.begin() + static_cast<std::ptrdiff_t>(end));
      if (!burst_is_as_wanted(all, burst)) FAIL("not as wanted, burst at " << at);
    }
  }
}

TEST_CASE("Matrix: every position of a burst of other SIDs") {
  Matrix all;
  const std::vector<Case> samples = one_of_each(all);
  for (std::size_t shift = 0; shift < samples.size(); ++shift) {
    std::vector<Case> burst = samples;
    std::rotate(burst.begin(), burst.begin() + static_cast<std::ptrdiff_t>(shift), burst.end());
    if (!burst_is_as_wanted(all, burst)) FAIL("not as wanted, rotated by " << shift);
  }
}

TEST_CASE("Matrix: packets cut at every length") {
  Matrix all;
  for (const Case& c : one_of_each(all)) {
    if ((c.flavors & ~kNextCsid) != 0 && c.flavors != kPsp) continue;
    Bytes packet = all.packet(c);
    while (packet.size() > sizeof(Ipv6Header)) {
      packet.pop_back();
      // Once with the length that is there, once with the length that was.
      require_sane(all, packet);
      Bytes honest = packet;
      honest[4] = static_cast<std::uint8_t>((packet.size() - 40) >> 8);
      honest[5] = static_cast<std::uint8_t>(packet.size() - 40);
      require_sane(all, honest);
    }
  }
}

TEST_CASE("Matrix: every value of every byte of the SRH's fixed part") {
  Matrix all;
  for (const Case& c : one_of_each(all)) {
    if ((c.flavors & ~kNextCsid) != 0 && c.flavors != (kPsp | kUsp | kUsd)) continue;
    const Bytes packet = all.packet(c);
    for (std::size_t at = 40; at < 48; ++at) {
      for (unsigned value = 0; value < 256; ++value) {
        Bytes changed = packet;
        changed[at] = static_cast<std::uint8_t>(value);
        require_sane(all, changed);
      }
    }
  }
}

TEST_CASE("Every row of behaviors.def has its source and its test") {
  const std::filesystem::path root(SEXTANT_SOURCE_DIR);
  for (const BehaviorSpec& spec : kBehaviors) {
    const std::string stem(spec.function);
    INFO(stem);
    CHECK(std::filesystem::exists(root / "src/dataplane/behaviors" / (stem + ".cpp")));
    CHECK(std::filesystem::exists(root / "tests/dataplane/behaviors" / (stem + "_test.cpp")));
  }
}

}  // namespace sextant::test
