// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Results: that of the IPAM plugin, read; and the plugin's own, written.
#pragma once

#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <sextant/net/ip_address.hpp>

#include "request.hpp"

namespace sextant::cni {

// What an IPAM plugin gives, of any version.
struct IpamResult {
  std::vector<IpAddress> addresses;
  std::vector<IpPrefix> routes;  // a default route for each family when the plugin gives none
  nlohmann::json dns;            // as it is
};

// Pure; any bytes.
[[nodiscard]] Outcome<IpamResult> parse_ipam_result(std::string_view text);

// Pure. pod: the daemon's answer to an attachment.
[[nodiscard]] nlohmann::json add_result(const Request& request, const IpamResult& ipam,
                                        const nlohmann::json& pod);
[[nodiscard]] nlohmann::json error_result(const std::string& version, const CniError& error);
[[nodiscard]] nlohmann::json version_result(const std::string& version);

// Pure. Names in "interfaces" of a result, of any JSON.
[[nodiscard]] std::set<std::string> result_interfaces(const nlohmann::json& result);

// Pure. Addresses in "ips" of a result, without the length of the prefix; an error when it is no
// result at all.
[[nodiscard]] Outcome<std::vector<IpAddress>> result_addresses(const nlohmann::json& result);

}  // namespace sextant::cni
