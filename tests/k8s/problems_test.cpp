// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// What a user must fix, who says so, and when.
#include "k8s_fixtures.hpp"
#include "support/translate_fixture.hpp"

#include "k8s/problems.hpp"

namespace sextant {

using namespace k8s_test;
using k8s::ObjectProblems;
using Strings = std::vector<std::string>;

namespace {

k8s::Service plain(const std::string& name, const Strings& addresses) {
  return service(name, addresses, {port(80)});
}

// node1 alone, so that it tells everything.
struct ProblemBed : ClusterBed {
  ProblemBed() { put(node("node1", {"fe10:f00d::1", "192.168.16.1"}, {"2001:0:0:1::/64"})); }

  // "Service web: Reason: message", of what has changed.
  Strings changed() {
    static_cast<void>(translator.take());
    Strings out;
    for (const ObjectProblems& one : translator.take_problems()) {
      const std::string object = one.object.kind + " " + one.object.name + ": ";
      if (one.problems.empty()) out.push_back(object + "well");
      for (const k8s::Problem& problem : one.problems)
        out.push_back(object + problem.reason + ": " + problem.message);
    }
    return out;
  }
};

}  // namespace

TEST_CASE("what is wrong with a service is told once, and when it is well again", "[problems]") {
  ProblemBed bed;
  CHECK(bed.changed() == Strings{});
  // Without backends nothing is wrong.
  k8s::Service web = plain("web", {"10.96.0.10"});
  bed.put(web);
  CHECK(bed.changed() == Strings{});
  web.source_ranges = {prefix("192.0.2.0/24")};
  bed.put(web);
  CHECK(bed.changed() ==
        Strings{"Service web: NotSupported: loadBalancerSourceRanges are not enforced"});
  web.affinity_timeout_s = 5;
  bed.put(web);
  CHECK(bed.changed() == Strings{});
  web.source_ranges.clear();
  bed.put(web);
  CHECK(bed.changed() == Strings{"Service web: well"});
  web.cluster_ips = ips({"6666::5"});
  bed.put(web);
  CHECK(bed.changed() == Strings{"Service web: AddressNotUsable: 6666::5 is not programmed: it "
                                 "lies in 6666::/16, which is for SIDs"});
  bed.erase(bed.stores.services, "default/web");
  CHECK(bed.changed() == Strings{"Service web: well"});
}

TEST_CASE("backends that cannot be reached are told of while they are ready", "[problems]") {
  ProblemBed bed;
  bed.put(plain("web", {"10.96.0.10"}));
  auto away = endpoint("10.1.2.5", "node2");
  bed.put(slice("web", {away}));
  CHECK(bed.changed() == Strings{"Service web: BackendNotReachable: backend 10.1.2.5 gets nothing: "
                                 "node node2 is not known"});
  away.ready = false;
  bed.put(slice("web", {away}));
  CHECK(bed.changed() == Strings{"Service web: well"});
  bed.put(slice("web", {endpoint("10.9.9.9", "node1")}));
  CHECK(bed.changed() == Strings{"Service web: BackendNotReachable: backend 10.9.9.9 of node node1 "
                                 "gets nothing: the pod is not attached to this node"});
}

TEST_CASE("of two services that want the same one is told", "[problems]") {
  ProblemBed bed;
  k8s::Service first = plain("first", {"10.96.0.1"});
  k8s::Service second = plain("second", {"10.96.0.2"});
  first.external_ips = second.external_ips = ips({"192.0.2.1"});
  bed.put(first);
  bed.put(second);
  bed.put(slice("first", {endpoint("10.1.1.5", "node1")}));
  bed.put(slice("second", {endpoint("10.1.1.6", "node1")}));
  const Strings told = bed.changed();
  REQUIRE(told.size() >= 1);
  CHECK(told[0].starts_with("Service second: Conflict: "));
  CHECK(told[0].ends_with("belongs to Service default/first"));
  second.external_ips.clear();
  bed.put(second);
  const Strings later = bed.changed();
  CHECK(std::find(later.begin(), later.end(), "Service second: well") != later.end());
}

TEST_CASE("a node tells its own problems, not those of its services", "[problems]") {
  ProblemBed bed;
  bed.put(node("node2", {}, {}));
  CHECK(bed.changed() == Strings{});
  bed.put(plain("web", {"10.96.0.10"}));
  bed.put(node("node1", {"192.168.16.1"}, {"2001:0:0:1::/64"}));
  CHECK(bed.changed() ==
        Strings{"Node node1: NodeNotPlanned: nothing is programmed for this node: it has no IPv6 "
                "address; annotate it with sextant.io/underlay-address"});
  bed.put(node("node1", {"fe10:f00d::1"}, {}));
  CHECK(bed.changed() == Strings{"Node node1: NoPodCIDR: spec.podCIDRs is empty: pods of this node "
                                 "cannot be reached from others"});
  bed.put(node("node1", {"fe10:f00d::1"}, {"2001:0:0:1::/64"}));
  CHECK(bed.changed() == Strings{"Node node1: well"});
}

TEST_CASE("three nodes of a cluster tell of a service, not all", "[problems]") {
  std::map<std::string, int> told_by;
  for (int self = 1; self <= 20; ++self) {
    ClusterBed bed(contiv_settings(), kNodeFile, "node" + std::to_string(self));
    for (int n = 1; n <= 20; ++n) {
      const std::string text = std::to_string(n);
      bed.put(node("node" + text, {"fe10:f00d::" + text}, {"2001:0:0:" + text + "::/64"}));
    }
    for (int i = 0; i < 30; ++i) {
      k8s::Service one = plain("s" + std::to_string(i), {"10.96.0." + std::to_string(i + 1)});
      one.source_ranges = {prefix("192.0.2.0/24")};
      bed.put(one);
    }
    static_cast<void>(bed.translator.take());
    for (const ObjectProblems& one : bed.translator.take_problems())
      ++told_by[one.object.name];
  }
  CHECK(told_by.size() == 30);
  for (const auto& [name, times] : told_by) {
    CAPTURE(name);
    CHECK(times == 3);
  }
}

TEST_CASE("only what lasts becomes an Event, and it comes again", "[problems]") {
  using std::chrono::milliseconds;
  FakeApiServer server;
  boost::asio::io_context loop;
  const auto client = k8s::ApiClient::create(loop, server.access()).value();
  k8s::ApiWriterOptions options;
  options.interval = milliseconds(1);
  options.event_repeat = milliseconds(10);
  k8s::ApiWriter writer(loop, *client, options);
  k8s::ProblemReporter reporter(loop, writer, {milliseconds(100), milliseconds(200)});
  const auto posts = [&] {
    return server.count([](const FakeRequest& one) { return one.method == "POST"; });
  };
  const k8s::ObjectReference a = k8s::reference_to(plain("a", {"10.0.0.1"}));
  const k8s::ObjectReference b = k8s::reference_to(plain("b", {"10.0.0.2"}));
  reporter.set({a, {{"Reason", "short"}}});
  reporter.set({b, {{"Reason", "long"}}});
  reporter.set({a, {}});
  // What changes beside it does not begin anew.
  run_for(loop, milliseconds(50));
  reporter.set({b, {{"Reason", "long"}, {"Reason", "another"}}});
  CHECK(posts() == 0);
  REQUIRE(run_until(loop, [&] { return posts() == 2; }));
  CHECK(server.requests()[0].body.find("long") != std::string::npos);
  REQUIRE(run_until(loop, [&] { return posts() >= 4; }));
  reporter.set({b, {}});
  CHECK(reporter.size() == 0);
  REQUIRE(run_until(loop, [&] { return writer.status().queued == 0; }));
  const int then = posts();
  run_for(loop, milliseconds(300));
  CHECK(posts() == then);
  for (const FakeRequest& one : server.requests())
    CHECK(one.body.find("short") == std::string::npos);
}

}  // namespace sextant
