// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// ApiAccess: service accounts and kubeconfigs, and what is refused in them.
#include "k8s/api_access.hpp"

#include "k8s_fixtures.hpp"

namespace sextant::k8s {

using namespace k8s_test;

namespace {

// A kubeconfig with the given lines in cluster and user.
std::string kubeconfig(const std::string& cluster, const std::string& user) {
  return "apiVersion: v1\nkind: Config\ncurrent-context: c\nclusters:\n- name: other\n  cluster: "
         "{server: \"https://other\"}\n- name: k\n  cluster:\n    " +
         cluster + "\ncontexts:\n- name: c\n  context: {cluster: k, user: u, namespace: n}\n" +
         "users:\n- name: u\n  user:\n    " + user + "\n";
}

Result<ApiAccess> parse(const std::string& cluster, const std::string& user,
                        const std::filesystem::path& folder = ".") {
  return parse_kubeconfig(kubeconfig(cluster, user), "kc", folder);
}

}  // namespace

TEST_CASE("a kubeconfig with data, and one with files beside it") {
  ScratchFolder folder;
  folder.write("ca.pem", "CA");
  folder.write("token", " secret\n");
  const auto files =
      parse("{server: \"https://[fd00::1]:6443/base/\", certificate-authority: ca.pem}",
            "{tokenFile: token}", folder.path());
  REQUIRE(files.ok());
  CHECK(files->host == "fd00::1");
  CHECK(files->port == 6443);
  CHECK(files->path == "/base");
  CHECK(files->tls);
  CHECK(files->certificate_authority == "CA");
  CHECK(files->namespace_name == "n");
  CHECK(files->url() == "https://[fd00::1]:6443/base");
  CHECK(current_token(*files).value() == "secret");
  const auto data = parse("{server: \"https://api.example.com\", certificate-authority-data: Q0E=}",
                          "{client-certificate-data: Q0VSVA==, client-key-data: S0VZ, token: t}");
  REQUIRE(data.ok());
  CHECK(data->port == 443);
  CHECK(data->certificate_authority == "CA");
  CHECK(data->client_certificate == "CERT");
  CHECK(data->client_key == "KEY");
  CHECK(current_token(*data).value() == "t");
  CHECK(parse("server: http://127.0.0.1:8080", "{}").ok());
  CHECK(parse("server: http://localhost:8080", "{}")->tls == false);
}

TEST_CASE("what a kubeconfig must not have is refused by the name of the field") {
  const std::string server = "server: https://a:6443";
  struct Case {
    std::string cluster;
    std::string user;
    const char* error;
  };
  const Case cases[] = {
      {server, "exec: {command: aws}",
       "kc:15:5: users[0].user.exec: refused: Sextant runs no credential"},
      {server, "auth-provider: {name: gcp}", "kc:15:5: users[0].user.auth-provider: refused"},
      {server, "{username: a, password: b}", "kc:15:6: users[0].user.username: refused"},
      {server, "{token: t, as: admin}", "kc:15:16: users[0].user.as: refused"},
      {"{server: \"https://a\", insecure-skip-tls-verify: true}", "{}",
       "kc:9:53: clusters[1].cluster.insecure-skip-tls-verify: refused: Sextant always verifies"},
      {"{server: \"https://a\", proxy-url: \"http://p\"}", "{}",
       "kc:9:38: clusters[1].cluster.proxy-url: refused"},
      {"server: http://10.0.0.1:8080", "{}",
       "kc:9:13: clusters[1].cluster.server: refused: without TLS only the loopback"},
      {"server: ftp://a", "{}", "kc:9:13: clusters[1].cluster.server: \"ftp://a\" is not like"},
      {"server: https://", "{}", "kc:9:13: clusters[1].cluster.server: \"https://\" is not like"},
      {"server: https://u:p@host", "{}", "kc:9:13: clusters[1].cluster.server: "},
      {"server: https://a:0", "{}", "kc:9:13: clusters[1].cluster.server: "},
      {"server: https://a:65536", "{}", "kc:9:13: clusters[1].cluster.server: "},
      {"server: \"https://[fd00::1\"", "{}", "kc:9:13: clusters[1].cluster.server: "},
      {"server: \"https://[host]:1\"", "{}", "kc:9:13: clusters[1].cluster.server: "},
      {"server: \"https://a/?x=1\"", "{}", "kc:9:13: clusters[1].cluster.server: "},
      {"{}", "{}", "kc:9:5: clusters[1].cluster.server: missing"},
      {"{server: \"https://a\", certificate-authority-data: \"@@\"}", "{}",
       "kc:9:55: clusters[1].cluster.certificate-authority-data: is not base64"},
      {"{server: \"https://a\", certificate-authority: /nonexistent/ca}", "{}",
       "kc:9:50: clusters[1].cluster.certificate-authority: /nonexistent/ca: cannot be opened: No "
       "such"},
      {server, "{client-key-data: S0VZ}", "kc:15:5: users[0].user.client-certificate: missing"},
      {server, "{client-certificate-data: S0VZ}", "kc:15:5: users[0].user.client-key: missing"},
      {server, "{token: \"a b\"}", "kc:15:13: users[0].user.token: a token has no white space"},
      {server, "{tokenFile: /nonexistent/t}",
       "kc:15:17: users[0].user.tokenFile: /nonexistent/t: cannot be"},
  };
  for (const Case& one : cases) {
    const auto access = parse(one.cluster, one.user);
    INFO(one.error);
    REQUIRE_FALSE(access.ok());
    CAPTURE(access.error().text);
    // The place depends on the layout above; what counts is that there is one, and the rest.
    const std::string wanted(one.error);
    const std::string rest = wanted.substr(wanted.find(' '));
    CHECK(access.error().text.starts_with("kc:"));
    CHECK(access.error().text.find(rest) != std::string::npos);
  }
}

TEST_CASE("files that are no kubeconfig") {
  for (const char* text :
       {"", "[]", "kind: Pod", "kind: Config", "kind: Config\ncurrent-context: x", "{{", "\x01",
        "kind: Config\ncurrent-context: x\ncontexts: 7\n",
        "kind: Config\ncurrent-context: x\ncontexts: [{name: x, context: {cluster: y}}]\n",
        "kind: Config\ncurrent-context: x\ncontexts: [{name: x}]\nclusters: [{name: \"\"}]"}) {
    CAPTURE(text);
    const auto access = parse_kubeconfig(text, "kc", ".");
    REQUIRE_FALSE(access.ok());
    CHECK(access.error().text.starts_with("kc:"));
  }
  CHECK_FALSE(kubeconfig_access("/nonexistent/kubeconfig").ok());
  ScratchFolder folder;
  CHECK_FALSE(kubeconfig_access(folder.path()).ok());
}

TEST_CASE("the service account of a pod") {
  ScratchFolder folder;
  std::map<std::string, std::string> variables{{"KUBERNETES_SERVICE_HOST", "fd00:10:96::1"},
                                               {"KUBERNETES_SERVICE_PORT", "443"}};
  const Environment environment = [&](const char* name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    if (found == variables.end()) return std::nullopt;
    return found->second;
  };
  CHECK_FALSE(in_cluster_access(environment, folder.path()).ok());
  folder.write("ca.crt", "CA");
  CHECK_FALSE(in_cluster_access(environment, folder.path()).ok());
  folder.write("token", "");
  CHECK_FALSE(in_cluster_access(environment, folder.path()).ok());
  folder.write("token", "one\ninjected: header");
  CHECK_FALSE(in_cluster_access(environment, folder.path()).ok());
  folder.write("token", "one");
  auto access = in_cluster_access(environment, folder.path());
  REQUIRE(access.ok());
  CHECK(access->url() == "https://[fd00:10:96::1]:443");
  CHECK(access->namespace_name == "default");
  folder.write("namespace", "kube-system");
  CHECK(in_cluster_access(environment, folder.path())->namespace_name == "kube-system");
  folder.write("token", "two");
  CHECK(current_token(*access).value() == "two");
  variables["KUBERNETES_SERVICE_PORT"] = "https";
  CHECK_FALSE(in_cluster_access(environment, folder.path()).ok());
  variables.clear();
  const auto outside = in_cluster_access(environment, folder.path());
  REQUIRE_FALSE(outside.ok());
  CHECK(outside.error().text.find("not in a pod") != std::string::npos);
}

TEST_CASE("base64") {
  CHECK(decode_base64("") == "");
  CHECK(decode_base64("Zg==") == "f");
  CHECK(decode_base64("Zg") == "f");
  CHECK(decode_base64("Zm9v\nYmFy\n") == "foobar");
  CHECK(decode_base64("+/+/") == "\xfb\xff\xbf");
  for (const char* wrong : {"Z", "Zg=", "Zg===", "Zg==Zg==", "Zm9v=", "Z*==", "=", "Zm9vY"}) {
    CAPTURE(wrong);
    CHECK_FALSE(decode_base64(wrong).has_value());
  }
}

}  // namespace sextant::k8s
