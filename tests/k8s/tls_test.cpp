// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// TLS of the API client: whom it trusts, whom it does not, and what it says about that.
#include "k8s/tls_setup.hpp"

#include "k8s_fixtures.hpp"
#include "support/api/certificates.hpp"

namespace sextant::k8s {

using namespace k8s_test;

namespace {

// The error of one request, nothing when it worked.
std::optional<ApiError> ask(const ApiAccess& access,
                            std::chrono::milliseconds timeout = std::chrono::seconds(15)) {
  boost::asio::io_context loop;
  const auto client = ApiClient::create(loop, access);
  REQUIRE(client.ok());
  std::optional<ApiError> out;
  bool done = false;
  const ApiCall call = (*client)->fetch(
      ApiRequest{"/api/v1/nodes?limit=500", "list", "nodes", timeout}, [](const std::string&) {},
      [&](std::optional<ApiError> error) {
        out = std::move(error);
        done = true;
      });
  REQUIRE(run_until(loop, [&] { return done; }));
  return out;
}

}  // namespace

TEST_CASE("a server of the right authority and name is trusted") {
  const TestCertificate authority = make_authority("right");
  const TestCertificate own = make_certificate(authority, "IP:127.0.0.1,IP:::1,DNS:api.example");
  for (const char* address : {"127.0.0.1", "::1"}) {
    FakeApiServer server(FakeTls{own.certificate, own.key, ""}, address);
    ApiAccess access = server.access();
    access.certificate_authority = make_authority("unused").certificate + authority.certificate;
    const auto error = ask(access);
    INFO((error ? error->text : ""));
    CHECK_FALSE(error.has_value());
    access.server_name = "api.example";
    CHECK_FALSE(ask(access).has_value());
  }
}

TEST_CASE("servers that are not trusted") {
  const TestCertificate authority = make_authority("right");
  const TestCertificate other = make_authority("wrong");
  struct Case {
    const char* what;
    TestCertificate server;
    std::string trusted;
    std::string name;
    const char* error;
  };
  const Case cases[] = {
      {"another authority", make_certificate(other, "IP:127.0.0.1"), authority.certificate, "",
       "list nodes: Error in SSL handshake: the server's certificate: unable to get local issuer"},
      {"signs itself", make_authority("self"), authority.certificate, "",
       "list nodes: Error in SSL handshake: the server's certificate: self"},
      {"roots of the system", make_certificate(authority, "IP:127.0.0.1"), "", "",
       "list nodes: Error in SSL handshake: the server's certificate: unable to get local issuer"},
      {"expired", make_certificate(authority, "IP:127.0.0.1", -1), authority.certificate, "",
       "list nodes: Error in SSL handshake: the server's certificate: certificate has expired"},
      {"another address", make_certificate(authority, "IP:127.0.0.2"), authority.certificate, "",
       "list nodes: Error in SSL handshake: the server's certificate is not for 127.0.0.1"},
      {"a name instead of the address", make_certificate(authority, "DNS:127.0.0.1"),
       authority.certificate, "",
       "list nodes: Error in SSL handshake: the server's certificate is not for 127.0.0.1"},
      {"another name", make_certificate(authority, "IP:127.0.0.1,DNS:a.example"),
       authority.certificate, "b.example",
       "list nodes: Error in SSL handshake: the server's certificate is not for b.example"},
      {"no name", make_certificate(authority, ""), authority.certificate, "",
       "list nodes: Error in SSL handshake: the server's certificate is not for 127.0.0.1"},
  };
  for (const Case& one : cases) {
    INFO(one.what);
    FakeApiServer server(FakeTls{one.server.certificate, one.server.key, ""});
    ApiAccess access = server.access();
    access.certificate_authority = one.trusted;
    access.server_name = one.name;
    access.token = "secret";
    const auto error = ask(access);
    REQUIRE(error.has_value());
    CHECK(name_of(error->kind) == "tls");
    CAPTURE(error->text);
    CHECK(error->text.starts_with(one.error));
    // The token never left.
    CHECK(server.requests().empty());
  }
}

TEST_CASE("a server that speaks no TLS at all") {
  FakeApiServer server;
  ApiAccess access = server.access();
  access.tls = true;
  access.certificate_authority = make_authority("right").certificate;
  const auto error = ask(access, std::chrono::seconds(2));
  REQUIRE(error.has_value());
  CHECK(error->status == 0);
  CHECK(server.requests().empty());
}

TEST_CASE("a client certificate is shown, and one of another authority is refused") {
  const TestCertificate authority = make_authority("right");
  const TestCertificate own = make_certificate(authority, "IP:127.0.0.1");
  FakeApiServer server(FakeTls{own.certificate, own.key, authority.certificate});
  ApiAccess access = server.access();
  access.certificate_authority = authority.certificate;
  CHECK(ask(access).has_value());
  const TestCertificate mine = make_certificate(authority, "");
  access.client_certificate = mine.certificate;
  access.client_key = mine.key;
  CHECK_FALSE(ask(access).has_value());
  const TestCertificate stranger = make_certificate(make_authority("wrong"), "");
  access.client_certificate = stranger.certificate;
  access.client_key = stranger.key;
  CHECK(ask(access).has_value());
}

TEST_CASE("certificates and keys that cannot be used are found before any connection") {
  const TestCertificate authority = make_authority("right");
  const TestCertificate one = make_certificate(authority, "");
  const TestCertificate two = make_certificate(authority, "");
  boost::asio::io_context loop;
  const auto refused = [&loop](const std::string& ca, const std::string& certificate,
                               const std::string& key) {
    ApiAccess access;
    access.host = "127.0.0.1";
    access.certificate_authority = ca;
    access.client_certificate = certificate;
    access.client_key = key;
    return !ApiClient::create(loop, access).ok();
  };
  CHECK_FALSE(refused(authority.certificate, one.certificate, one.key));
  CHECK(refused("nonsense", "", ""));
  CHECK(refused("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "", ""));
  CHECK(refused(authority.certificate, "nonsense", one.key));
  CHECK(refused(authority.certificate, one.certificate, "nonsense"));
  CHECK(refused(authority.certificate, one.certificate, two.key));
}

}  // namespace sextant::k8s
