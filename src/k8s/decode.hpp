// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// decode: JSON as the API server sends it -> Node, Service, EndpointSlice, Pod and the objects of
// contivpp.io. Pure.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>

#include <sextant/common/diagnostic.hpp>

#include "k8s/chain_objects.hpp"
#include "k8s/objects.hpp"

namespace sextant::k8s {

// An object, or why it is none. Findings name the object in where.file ("Service default/web") and
// the path of the field ("spec.ports[0].port"). With errors there is no object: half of a service
// is none. Warnings tell of parts that were left out and that nothing else depends on.
template <typename T>
struct Decoded {
  std::optional<T> object;
  Diagnostics diagnostics;
};

// These take any JSON and never throw. Fields that Sextant does not use are not looked at, whatever
// they hold; null counts as absent.
[[nodiscard]] Decoded<Node> decode_node(const nlohmann::json& json);
[[nodiscard]] Decoded<Service> decode_service(const nlohmann::json& json);
// discovery.k8s.io/v1 and v1beta1; a slice of addressType FQDN has no endpoints.
[[nodiscard]] Decoded<EndpointSlice> decode_endpoint_slice(const nlohmann::json& json);
// A core/v1 Endpoints object, as if it were a slice with several subsets.
[[nodiscard]] Decoded<EndpointSlice> decode_endpoints(const nlohmann::json& json);
// A wrong kInterfacesAnnotation is a warning: the pod has no extra interfaces then.
[[nodiscard]] Decoded<Pod> decode_pod(const nlohmann::json& json);
[[nodiscard]] Decoded<ServiceFunctionChain> decode_chain(const nlohmann::json& json);
[[nodiscard]] Decoded<ExternalInterface> decode_external_interface(const nlohmann::json& json);
[[nodiscard]] Decoded<CustomNetwork> decode_custom_network(const nlohmann::json& json);

}  // namespace sextant::k8s
