// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// What the SID plans are given for chains.
#include "k8s/chain_sids.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>

#include "control/compile/sid_plan.hpp"

namespace sextant::k8s {

Ipv6Address hash_128(std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  EVP_Digest(text.data(), text.size(), digest.data(), nullptr, EVP_sha256(), nullptr);
  Ipv6Address out;
  std::copy_n(digest.begin(), out.bytes.size(), out.bytes.begin());
  return out;
}

const PlannedNode& ChainSids::node_of(const ChainMember& member) const {
  return *cluster_.nodes.find(member.node)->planned;
}

std::optional<Ipv6Address> ChainSids::binding_sid() const {
  return chain_binding_sid(cluster_.settings.sids, hash_128(name_ + variant_));
}

Ipv6Address ChainSids::function(const ChainMember& member, const ChainSide& towards) const {
  const std::string place = key_ + "|" + variant_ + "|" + member.name + "|" + towards.name;
  return chain_function_sid(cluster_.settings.sids, node_of(member),
                            {hash_128(name_ + variant_), hash_128(place), member.address});
}

Ipv6Address ChainSids::end(const ChainMember& member, const ChainSide& towards) const {
  // Contiv's value where it has one: of the address, else of the interface's name. The second
  // family of a place has neither.
  const bool second = variant_.ends_with("/ipv4");
  if (!second && std::holds_alternative<ContivPlan>(cluster_.settings.sids)) {
    return chain_end_sid(cluster_.settings.sids, node_of(member),
                         {{}, hash_128(towards.name), member.address});
  }
  const std::string type = std::to_string(static_cast<unsigned>(inner_));
  const std::string place = "end|" + member.name + "|" + towards.name + "|" + type;
  return chain_end_sid(cluster_.settings.sids, node_of(member), {{}, hash_128(place), {}});
}

}  // namespace sextant::k8s
