// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// encode: the opposite of decode, for the state file. Pure.
#pragma once

#include <nlohmann/json.hpp>

#include "k8s/chain_objects.hpp"
#include "k8s/objects.hpp"

namespace sextant::k8s {

// The object in the form of the API, as far as Sextant uses it: decoding gives an equal value. A
// slice becomes a core Endpoints object when it has several subsets or none of the discovery form.
[[nodiscard]] nlohmann::json encode(const Node& node);
[[nodiscard]] nlohmann::json encode(const Service& service);
[[nodiscard]] nlohmann::json encode(const EndpointSlice& slice);
[[nodiscard]] nlohmann::json encode(const Pod& pod);
[[nodiscard]] nlohmann::json encode(const ServiceFunctionChain& chain);
[[nodiscard]] nlohmann::json encode(const ChainStatus& status);
[[nodiscard]] nlohmann::json encode(const ExternalInterface& interface);
[[nodiscard]] nlohmann::json encode(const CustomNetwork& network);
// The value of kInterfacesAnnotation.
[[nodiscard]] std::string interfaces_annotation(const std::vector<PodInterface>& interfaces);

}  // namespace sextant::k8s
