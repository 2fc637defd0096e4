// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Reconciler: what fails leaves what runs untouched and says why; storms become one attempt.
#include "control/runtime/reconciler.hpp"

#include <map>

#include "reconciler_fixture.hpp"

namespace sextant {

using Fixture = control_test::ReconcilerFixture;
using control_test::kBase;
using control_test::kOther;
using control_test::mentions;
using std::chrono::milliseconds;

TEST_CASE("a start that fails says what is missing, and a corrected file makes it ready") {
  Fixture f("ports: [{name: a, adresses: []}]\n");
  CHECK(f.reconciler.status().missing() ==
        std::vector<std::string>{"configuration: not loaded yet"});
  const Attempt& attempt = f.reconcile("start");
  CHECK(attempt.result == AttemptResult::kInvalid);
  CHECK(f.publisher.calls == 0);
  CHECK(f.reconciler.status().number == 0);
  REQUIRE(f.reconciler.status().missing().size() == 1);
  CHECK(mentions(f.reconciler.status().missing()[0], "sextant.yaml:1:19: ports[0].adresses"));
  CHECK(f.reconciler.status().notice().empty());

  f.file.write(kBase);
  CHECK(f.reconcile("SIGHUP").result == AttemptResult::kPublished);
  CHECK(f.reconciler.status().missing().empty());
  CHECK(f.reconciler.status().invalid == 1);
  CHECK(f.reconciler.status().published == 1);
}

TEST_CASE("whatever is wrong with a file, the running generation stays") {
  const std::string port = "ports: [{name: a, addresses: [\"2001:db8:1::1/64\"]}]\n";
  const std::vector<std::pair<std::string, std::string>> bad = {
      {"", "ports: missing"},
      {"ports: [", "sextant.yaml:1"},
      {std::string("\0\xff\xfe", 3), "sextant.yaml"},
      {port + "local_sids: [{sid: \"fc00::1\", behavior: End.Q}]\n", "local_sids[0].behavior"},
      {port + "routes: [{prefix: \"::/0\", next_hop: \"2001:db8:2::1\"}]\n", "routes[0]"},
      {port + "steering: [{prefix: \"::/0\", policy: nobody}]\n", "steering[0].policy"},
  };
  Fixture f;
  f.start();
  std::uint64_t failures = 0;
  for (const auto& [text, reason] : bad) {
    f.file.write(text);
    const Attempt& attempt = f.reconcile("file changed");
    CHECK(attempt.result == AttemptResult::kInvalid);
    CHECK(attempt.diagnostics.has_errors());
    INFO(attempt.error);
    CHECK(mentions(attempt.error, reason));
    f.check_untouched();
    CHECK(f.reconciler.status().invalid == ++failures);
  }
  CHECK(f.publisher.calls == 1);
}

TEST_CASE("a file that is gone or is a folder is a reason, not a state") {
  Fixture f;
  f.start();
  std::filesystem::remove(f.file.path());
  CHECK(mentions(f.reconcile("SIGHUP").error, "cannot be opened"));
  f.check_untouched();
  std::filesystem::create_directory(f.file.path());
  CHECK(mentions(f.reconcile("SIGHUP").error, "is a directory"));
  f.check_untouched();
}

TEST_CASE("every error is counted and the first one named") {
  Fixture f;
  f.start();
  f.file.write("ports: [{name: a, mtu: 1}, {name: b, mtu: 2}]\nzzz: 1\n");
  const Attempt& attempt = f.reconcile("SIGHUP");
  CHECK(mentions(attempt.error, " errors, the first: "));
  CHECK(control_test::errors_of(attempt.diagnostics).size() >= 3);
  f.check_untouched();
}

TEST_CASE("a publisher that refuses leaves the old generation, and the next attempt starts there") {
  Fixture f;
  f.start();
  f.publisher.refusal = "local SID fc00::2: the table is full";
  f.file.write(kOther);
  const Attempt& refused = f.reconcile("SIGHUP");
  CHECK(refused.result == AttemptResult::kRefused);
  CHECK(refused.error == f.publisher.refusal);
  f.check_untouched();
  CHECK(f.reconciler.status().refused == 1);

  f.publisher.refusal.clear();
  CHECK(f.reconcile("SIGHUP").result == AttemptResult::kPublished);
  CHECK(f.reconciler.status().number == 2);
  CHECK(f.reconciler.status().notice().empty());
  // The difference is against what runs, not against what was refused.
  CHECK(f.publisher.last.local_sids.upserts.size() == 1);
}

TEST_CASE("what needs a restart is refused by the name of its field") {
  const std::string rest = "local_sids: [{sid: \"fc00::1\", behavior: End}]\n";
  const std::vector<std::pair<std::string, std::string>> changes = {
      {"runtime: {lcores: [3]}\nports: [{name: a}]\n", "sextant.yaml:1:10: runtime.lcores"},
      {"runtime: {burst: 32}\nports: [{name: a}]\n", "runtime.burst: 64 to 32"},
      {"runtime: {huge_pages: off}\nports: [{name: a}]\n", "runtime.huge_pages: auto to off"},
      {"runtime: {idle: poll}\nports: [{name: a}]\n", "runtime.idle: adaptive to poll"},
      {"runtime: {eal_arguments: [x]}\nports: [{name: a}]\n", "runtime.eal_arguments"},
      {"runtime: {proxy_cache: {entries: 16}}\nports: [{name: a}]\n", "proxy_cache.entries"},
      {"ports: [{name: a, device: net_null0}]\n", "ports[0].device: nothing to net_null0"},
      {"ports: [{name: a, queues: 2}]\n", "ports[0].queues: 1 to 2"},
      {"ports: [{name: a, mac: \"02:00:00:00:00:09\"}]\n", "ports[0].mac"},
      {"ports: [{name: a, mtu: 1501}]\n", "ports[0].mtu: the port was opened for 1500"},
      {"ports: [{name: a}]\nintrospection: {listen: off}\n", "introspection.listen"},
  };
  Fixture f;
  f.start();
  for (const auto& change : changes) {
    const std::string& field = change.second;
    f.file.write(change.first + rest);
    const Attempt& attempt = f.reconcile("SIGHUP");
    CHECK(attempt.result == AttemptResult::kInvalid);
    const auto errors = control_test::errors_of(attempt.diagnostics);
    INFO(attempt.error);
    CHECK(std::any_of(errors.begin(), errors.end(),
                      [&](const std::string& error) { return mentions(error, field); }));
    CHECK(mentions(attempt.error, "restart sextantd"));
    f.check_untouched();
  }
}

TEST_CASE("ports come and go: each keeps its place, and a place is used again a change later") {
  Fixture f("ports: [{name: a}, {name: b}]\n");
  f.start();
  const auto places = [&] {
    std::map<std::string, PortIndex> out;
    for (const Interface& interface : f.reconciler.compiler().tables().interfaces)
      out[interface.name] = interface.port;
    return out;
  };
  using Places = std::map<std::string, PortIndex>;
  const auto names = [&] {
    std::vector<std::string> out;
    for (const PortConfig& port : f.source.running()->config.runtime.ports)
      out.push_back(port.name);
    return out;
  };
  using Names = std::vector<std::string>;
  f.file.write("ports: [{name: c, device: net_null0}, {name: b}]\n");
  CHECK(f.reconcile("SIGHUP").result == AttemptResult::kPublished);
  CHECK(places() == Places{{"b", 1}, {"c", 2}});
  CHECK(names() == Names{"", "b", "c"});
  f.file.write("ports: [{name: d, device: net_null1}, {name: c, device: net_null0}]\n");
  CHECK(f.reconcile("SIGHUP").result == AttemptResult::kPublished);
  CHECK(places() == Places{{"c", 2}, {"d", 0}});
  CHECK(names() == Names{"d", "", "c"});
  f.file.write("ports: [{name: d, device: net_null7}]\n");
  CHECK(mentions(f.reconcile("SIGHUP").error, "ports[0].device: net_null1 to net_null7"));
  f.file.write("ports: [{name: d, device: net_null1}, {name: e}]\n");
  CHECK(mentions(f.reconcile("SIGHUP").error, "ports[1]: port \"e\" has no device"));
  CHECK(names() == Names{"d", "", "c"});
}

TEST_CASE("more new ports than there are places") {
  Fixture f("ports: [{name: a}]\n");
  f.start();
  std::string yaml = "ports:\n";
  for (int i = 0; i < 64; ++i) {
    const std::string number = std::to_string(i);
    yaml += "  - {name: p" + number + ", device: net_null" + number + "}\n";
  }
  f.file.write(yaml);
  CHECK(mentions(f.reconcile("SIGHUP").error, "more than 64 ports"));
  f.check_untouched();
}

TEST_CASE("what a publication needs is made before it, and the outcome is told") {
  Fixture f;
  f.start();
  std::string refusal;
  std::vector<std::string> course;
  f.reconciler.on_publish(
      [&]() -> Status {
        course.emplace_back("prepare");
        if (!refusal.empty()) return Error{refusal};
        return Ok{};
      },
      [&](bool taken) { course.emplace_back(taken ? "taken" : "not taken"); });
  using Course = std::vector<std::string>;
  f.file.write(kOther);
  CHECK(f.reconcile("SIGHUP").ok());
  CHECK(std::exchange(course, {}) == Course{"prepare", "taken"});
  f.file.write(kBase);
  f.publisher.refusal = "no";
  CHECK_FALSE(f.reconcile("SIGHUP").ok());
  CHECK(std::exchange(course, {}) == Course{"prepare", "not taken"});
  f.publisher.refusal.clear();
  refusal = "port 'x' cannot be opened";
  const Attempt& refused = f.reconcile("SIGHUP");
  CHECK(refused.result == AttemptResult::kRefused);
  CHECK(refused.error == refusal);
  CHECK(std::exchange(course, {}) == Course{"prepare"});
  f.file.write("nonsense");
  CHECK_FALSE(f.reconcile("SIGHUP").ok());
  CHECK(course.empty());
}

TEST_CASE("ports in another order, a smaller MTU and back: live") {
  Fixture f("ports: [{name: a, mtu: 9000}, {name: b}]\n");
  f.start();
  f.file.write("ports: [{name: b}, {name: a, mtu: 1400}]\n");
  CHECK(f.reconcile("SIGHUP").result == AttemptResult::kPublished);
  const auto& interfaces = f.reconciler.compiler().tables().interfaces;
  REQUIRE(control_test::by_name(interfaces, "a") != nullptr);
  CHECK(control_test::by_name(interfaces, "a")->port == 0);
  CHECK(control_test::by_name(interfaces, "a")->mtu == 1400);
  CHECK(control_test::by_name(interfaces, "b")->port == 1);
  // Compared with the size of the buffers, not with what ran last.
  f.file.write("ports: [{name: a, mtu: 9000}, {name: b}]\n");
  CHECK(f.reconcile("SIGHUP").result == AttemptResult::kPublished);
}

TEST_CASE("the same again is no generation") {
  Fixture f;
  f.start();
  f.file.write(std::string("# a comment\n") + kBase);
  const Attempt& attempt = f.reconcile("SIGHUP");
  CHECK(attempt.result == AttemptResult::kUnchanged);
  CHECK(attempt.ok());
  CHECK(f.publisher.calls == 1);
  CHECK(f.reconciler.status().unchanged == 1);
  // What is shown and compared from now on is the new text.
  CHECK(mentions(f.source.running()->text, "# a comment"));
}

TEST_CASE("a storm of requests is one attempt") {
  Fixture f;
  f.start();
  f.file.write(kOther);
  for (int i = 0; i < 1000; ++i)
    f.reconciler.request(i % 2 == 0 ? "file changed" : "SIGHUP");
  f.run_for(milliseconds(60));
  CHECK(f.publisher.calls == 2);
  CHECK(f.reconciler.status().published == 2);
  CHECK(f.reconciler.status().coalesced == 999);
  CHECK(f.reconciler.status().last->trigger == "file changed, SIGHUP");
  // And then it is quiet.
  f.run_for(milliseconds(60));
  CHECK(f.reconciler.status().published + f.reconciler.status().unchanged == 2);
}

TEST_CASE("a storm that does not end is served all the same") {
  Fixture f;
  f.start();
  f.file.write(kOther);
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  // Requests come faster than they settle: only the bound of the delay can end the wait.
  while (f.reconciler.status().published < 2 && std::chrono::steady_clock::now() < end) {
    f.reconciler.request("file changed");
    f.run_for(milliseconds(1));
  }
  CHECK(f.reconciler.status().published == 2);
}

TEST_CASE("a reload by hand serves the requests that wait") {
  Fixture f;
  f.start();
  f.file.write(kOther);
  f.reconciler.request("file changed");
  CHECK(f.reconcile("API").result == AttemptResult::kPublished);
  f.run_for(milliseconds(60));
  CHECK(f.reconciler.status().published == 2);
  CHECK(f.reconciler.status().unchanged == 0);
}

TEST_CASE("a reload while another is being published comes after it; a preview is refused") {
  Fixture f;
  f.start();
  f.file.write(kOther);
  bool preview_ok = true;
  unsigned ended = 0;
  f.publisher.meanwhile = [&] {
    preview_ok = f.reconciler.preview({}).ok();
    f.file.write(kBase);
    f.reconciler.reconcile("nested", [&](const Attempt&) { ++ended; });
    CHECK(ended == 0);
    f.reconciler.request("file changed");
  };
  CHECK(f.reconcile("API").trigger == "API");
  CHECK_FALSE(preview_ok);
  f.run_for(milliseconds(60));
  CHECK(ended == 1);
  // What was written before the second call is what runs.
  CHECK(f.source.running()->text == kBase);
  CHECK(f.reconciler.status().published == 3);
}

TEST_CASE("calls during one attempt share the next one") {
  Fixture f;
  f.start();
  unsigned ended = 0;
  for (int i = 0; i < 10; ++i)
    f.reconciler.reconcile("API", [&](const Attempt&) { ++ended; });
  f.run_for(milliseconds(60));
  CHECK(ended == 10);
  CHECK(f.reconciler.status().unchanged == 2);
}

TEST_CASE("a preview keeps nothing") {
  Fixture f;
  f.start();
  SourcedState bad = f.source.check("ports: [{name: z}]\n", "candidate");
  REQUIRE(bad.diagnostics.has_errors());
  CHECK(mentions(bad.diagnostics.list()[0].to_string(), "candidate"));

  SourcedState candidate = f.source.check(kOther, "candidate");
  REQUIRE_FALSE(candidate.diagnostics.has_errors());
  const CompileUpdate update = f.reconciler.preview(candidate.state);
  REQUIRE(update.ok());
  CHECK(update.diff.local_sids.upserts.size() == 1);
  CHECK(update.diff.local_sids.removals.size() == 1);
  CHECK(f.reconciler.compiler().tables() == f.tables);
  CHECK(f.publisher.calls == 1);
  CHECK(f.reconcile("API").result == AttemptResult::kUnchanged);
}

TEST_CASE("listeners hear of the beginning and of every end") {
  Fixture f;
  std::vector<std::string> heard;
  f.reconciler.on_begin([&] { heard.emplace_back("begin"); });
  f.reconciler.on_attempt(
      [&](const Attempt& attempt) { heard.emplace_back(name_of(attempt.result)); });
  f.reconcile("start");
  f.file.write("nonsense");
  f.reconcile("SIGHUP");
  CHECK(heard == std::vector<std::string>{"begin", "published", "begin", "invalid"});
}

}  // namespace sextant
