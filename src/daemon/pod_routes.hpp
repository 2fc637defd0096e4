// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Routes of attached pods, for the CNI plugin and for people.
#pragma once

#include "api.hpp"
#include "pods.hpp"

namespace sextant {

// GET /v1/pods; over the socket alone POST /v1/pods (attach), DELETE /v1/pods (detach),
// GET /v1/pods/check and POST /v1/pods/gc. pods outlives the api.
void add_pod_routes(Api& api, Pods& pods);

// The body of an attachment. Any bytes; what it does not say keeps its default, a key that it does
// not know is an error. Pure.
[[nodiscard]] Result<Pod> parse_pod(std::string_view body);

}  // namespace sextant
