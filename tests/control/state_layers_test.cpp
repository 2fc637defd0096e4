// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// StateLayers: changes one by one lead to what composing everything gives.
#include "control/model/state_layers.hpp"

#include <algorithm>
#include <random>

#include "support/catch.hpp"

namespace sextant {

namespace {

using Random = std::mt19937;

unsigned draw(Random& random, unsigned below) {
  return static_cast<unsigned>(random() % below);
}

// One of a few keys; what tells two objects of one key apart is their policy or next hop.
SteeringRule random_rule(Random& random, const std::string& owner) {
  SteeringRule rule;
  rule.origin.where.file = owner;
  Ipv6Address a;
  a.bytes[15] = static_cast<std::uint8_t>(draw(random, 12));
  rule.prefix = {a, 128};
  rule.policy = "p" + std::to_string(draw(random, 3));
  return rule;
}

SrPolicy random_policy(Random& random, const std::string& owner) {
  SrPolicy policy;
  policy.origin.where.file = owner;
  policy.name = "p" + std::to_string(draw(random, 6));
  policy.color = draw(random, 4);
  return policy;
}

template <typename Edits, typename Make>
void fill(Random& random, Edits& edits, Make make) {
  const auto taken = [&](const auto& key) {
    const auto same = [&](const auto& object) { return key_of(object) == key; };
    return std::any_of(edits.upserts.begin(), edits.upserts.end(), same) ||
           std::find(edits.removals.begin(), edits.removals.end(), key) != edits.removals.end();
  };
  for (unsigned i = draw(random, 4); i > 0; --i) {
    auto object = make();
    const auto key = key_of(object);
    if (taken(key)) continue;
    if (draw(random, 3) == 0) {
      edits.removals.push_back(key);
    } else {
      edits.upserts.push_back(std::move(object));
    }
  }
}

StateChange random_change(Random& random, const std::string& owner) {
  StateChange out;
  fill(random, out.steering, [&] { return random_rule(random, owner); });
  fill(random, out.policies, [&] { return random_policy(random, owner); });
  return out;
}

DesiredState random_base(Random& random) {
  DesiredState out;
  StateIndex index(out);
  StateChange change = random_change(random, "sextant.yaml");
  change.steering.removals.clear();
  change.policies.removals.clear();
  index.apply(out, std::move(change));
  return out;
}

std::vector<std::string> text_of(const DesiredState& state) {
  std::vector<std::string> out;
  for (const SteeringRule& rule : state.steering)
    out.push_back(name_of_key(key_of(rule)) + " " + rule.policy + " " + rule.origin.where.file);
  for (const SrPolicy& policy : state.policies) {
    out.push_back(name_of_key(key_of(policy)) + " " + std::to_string(policy.color) + " " +
                  policy.origin.where.file);
  }
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace

TEST_CASE("changes of layers one by one lead to what composing everything gives", "[layers]") {
  const unsigned seed = GENERATE(range(1u, 41u));
  CAPTURE(seed);
  Random random(seed);
  StateLayers layers;
  DesiredState running;
  StateIndex index(running);
  const auto restart = [&] {
    running = layers.compose();
    index = StateIndex(running);
  };
  for (int step = 0; step < 60; ++step) {
    CAPTURE(step);
    const unsigned what = draw(random, 12);
    if (what == 0) {
      layers.set_base(random_base(random));
      restart();
    } else if (what == 1) {
      layers.leave_out({draw(random, 2) == 0 ? "pod" : "service"});
      restart();
    } else if (what == 2) {
      layers.forgive();
      CHECK(layers.left_out().empty());
      restart();
    } else {
      const bool pods = draw(random, 2) == 0;
      Diagnostics found;
      const StateChange effective =
          layers.change(pods ? StateLayer::kPods : StateLayer::kKubernetes,
                        random_change(random, pods ? "pod" : "service"), found);
      REQUIRE_FALSE(index.check(effective).has_errors());
      index.apply(running, effective);
      CHECK(found.list().size() <= layers.conflicts().list().size());
    }
    REQUIRE(text_of(running) == text_of(layers.compose()));
    // The file's objects are all there.
    for (const SrPolicy& policy : layers.base().policies)
      REQUIRE(index.find(running, policy.name)->origin.where.file == "sextant.yaml");
  }
}

}  // namespace sextant
