// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// The routes that look: lists, metrics, health and the document that names all routes.
#pragma once

#include "api.hpp"
#include "metrics.hpp"
#include "reply_queue.hpp"
#include "views.hpp"

namespace sextant {

// Adds /v1/localsids, policies, steering, services, chains, fib, neighbors, ports and drops. All
// arguments outlive the Api.
void add_list_routes(Api& api, const ViewSource& source, ReplyQueue& replies);

// Adds /metrics, /healthz, /readyz and /openapi.json. source and api outlive the handlers.
void add_state_routes(Api& api, const MetricsSource& source, ReplyQueue& replies);

}  // namespace sextant
