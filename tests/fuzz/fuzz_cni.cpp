// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Any bytes as what the CNI plugin reads: a configuration on stdin, the result of an IPAM plugin,
// an answer of the daemon. An error has a code and words; what is understood is written as a result
// that is understood again.
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "sextant-cni/daemon_client.hpp"
#include "sextant-cni/result.hpp"

namespace {

using namespace sextant;
using namespace sextant::cni;

void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "%s\n", what);
  std::abort();
}

void check_error(const CniError& error) {
  require(static_cast<unsigned>(error.code) > 0 && !error.message.empty(),
          "an error without words");
  require(!error_result("1.0.0", error)
               .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)
               .empty(),
          "an error that cannot be printed");
}

void check_request(const char* command, std::string_view config) {
  const auto request = parse_request({{"CNI_COMMAND", command},
                                      {"CNI_CONTAINERID", "c"},
                                      {"CNI_NETNS", "/n"},
                                      {"CNI_IFNAME", "eth0"}},
                                     config);
  if (!request) return check_error(request.error());
  require(version_place(request->version).has_value(), "a version that is not supported");
  require(!request->ipam.empty() && request->timeout_s > 0, "a request without what it needs");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const char* command : {"ADD", "DEL", "CHECK", "GC", "STATUS"})
    check_request(command, text);
  static_cast<void>(answer_version(text));
  static_cast<void>(parse_response(text));
  const auto ipam = parse_ipam_result(text);
  if (!ipam) {
    check_error(ipam.error());
    return 0;
  }
  Request request;
  request.version = "1.0.0";
  request.place = *version_place("1.0.0");
  request.config = nlohmann::json::object();
  const auto again = result_addresses(add_result(request, *ipam, nlohmann::json::object()));
  require(again && *again == ipam->addresses, "a result that says something else");
  return 0;
}
