// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Lists of the API come in pages; here they become one.
#pragma once

#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include <sextant/common/result.hpp>

namespace sextant {

// The JSON body of a good reply to GET target ("/v1/fib?table=red").
using Fetch = std::function<Result<nlohmann::json>(const std::string& target)>;
using Query = std::map<std::string, std::string>;

// "/v1/fib?lookup=10.0.0.1&table=red": percent-encoded; empty values are left out.
[[nodiscard]] std::string target_of(const std::string& path, const Query& query);

// {"NAME": ...} of /v1/NAME; rows of all pages in one array, in the order of the pages, and no
// "next". Views that are one object come as they are. An error when the reply has another shape, or
// when pages go round in circles.
[[nodiscard]] Result<nlohmann::json> fetch_view(const Fetch& fetch, const std::string& name,
                                                const Query& query);

}  // namespace sextant
