// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// How ApiError is made of statuses and of what a library says. Pure.
#pragma once

#include <string>
#include <string_view>

#include "k8s/api_client.hpp"

namespace sextant::k8s {

// "list services: WHY"
[[nodiscard]] std::string describe(const ApiRequest& request, std::string_view why);

// Of an answer that is not 2xx; body may be a Status object of the API.
[[nodiscard]] ApiError status_error(const ApiRequest& request, int status, std::string_view body);

// Of a connection that failed; tls_problem: what the certificate check said, empty if nothing.
[[nodiscard]] ApiError transport_error(const ApiRequest& request, std::string_view what,
                                       std::string_view reason, std::string_view tls_problem);

}  // namespace sextant::k8s
