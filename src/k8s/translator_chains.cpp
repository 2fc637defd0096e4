// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// The part of the translator that is about chains: what they depend on.
#include <utility>

#include "k8s/object_users.hpp"
#include "k8s/translator.hpp"

namespace sextant::k8s {

namespace {

std::string chain_owner(const std::string& key) {
  return "ServiceFunctionChain " + key;
}

}  // namespace

void Translator::chains_changed(const std::set<std::string>& keys) {
  for (const std::string& key : keys)
    selections_.set_chain(key, stores_.chains.find(key), stores_.pods);
  mark_chains(keys);
}

void Translator::external_interfaces_changed(const std::set<std::string>& keys) {
  networks_stale_ = true;
  for (const std::string& key : keys)
    mark_chains(users_of(chains_with_external_, key));
}

void Translator::mark_chains(const std::set<std::string>& chains) {
  changed_chains_.insert(chains.begin(), chains.end());
}

ChainTranslation Translator::translate(const ServiceFunctionChain& chain) const {
  const std::set<std::string>& same = users_of(chains_by_name_, chain.meta.name);
  const std::string key = chain.meta.key();
  return translate_chain(cluster(), stores_, chain, selections_.of(key),
                         same.empty() || *same.begin() == key);
}

void Translator::update_chains() {
  // Who is the first of a name decides on SIDs.
  const std::set<std::string> changed = changed_chains_;
  for (const std::string& key : changed) {
    const ServiceFunctionChain* const chain = stores_.chains.find(key);
    std::set<std::string> before;
    std::set<std::string> now;
    if (!chains_[key].name.empty()) before.insert(chains_[key].name);
    if (chain != nullptr) now.insert(chain->meta.name);
    use(chains_by_name_, key, before, now,
        [&](const std::string& name) { mark_chains(users_of(chains_by_name_, name)); });
    chains_[key].name = now.empty() ? "" : *now.begin();
  }
  for (const std::string& key : std::exchange(changed_chains_, {}))
    update_chain(key);
}

void Translator::update_chain(const std::string& key) {
  KnownChain now;
  StateChange objects;
  const ServiceFunctionChain* const chain = stores_.chains.find(key);
  KnownChain& known = chains_[key];
  now.name = known.name;
  translated_chains_.erase(key);
  if (chain != nullptr) {
    ChainTranslation made = translate(*chain);
    objects = std::exchange(made.objects, {});
    for (const ChainElement& element : chain->elements) {
      if (element.type != ChainElement::Type::kExternalInterface) continue;
      for (const std::string& name : {element.input_interface, element.output_interface})
        now.externals.insert(chain->meta.namespace_name + "/" + name);
    }
    for (const auto& element : made.members) {
      for (const ChainMember& member : element) {
        now.nodes.insert(member.node);
        if (member.node != node_name_) continue;
        for (const ChainSide* side : {&member.input, &member.output}) {
          if (!side->interface.empty()) now.interfaces.insert(side->interface);
          now.addresses.insert(side->addresses.begin(), side->addresses.end());
        }
      }
    }
    std::vector<Problem> problems;
    const bool writes = writes_status(cluster(), made);
    if (writes && !made.rendered()) problems.push_back({made.reason, made.message});
    set_problems(reference_to(*chain), std::move(problems));
    if (writes) translated_chains_.emplace(key, std::move(made));
  } else {
    ServiceFunctionChain gone;
    gone.meta.namespace_name = key.substr(0, key.find('/'));
    gone.meta.name = key.substr(key.find('/') + 1);
    set_problems(reference_to(gone), {});
  }
  const auto nothing = [](const auto&) {};
  use(chains_on_node_, key, known.nodes, now.nodes, nothing);
  use(chains_with_external_, key, known.externals, now.externals, nothing);
  use(chains_at_interface_, key, known.interfaces, now.interfaces, nothing);
  use(chains_at_address_, key, known.addresses, now.addresses, nothing);
  known = std::move(now);
  if (chain == nullptr) chains_.erase(key);
  owners_.set(chain_owner(key), std::move(objects));
}

std::optional<ChainTranslation> Translator::chain(const std::string& key) const {
  const ServiceFunctionChain* const chain = stores_.chains.find(key);
  if (chain == nullptr) return std::nullopt;
  return translate(*chain);
}

std::vector<std::string> Translator::lost_of_chain(const std::string& key) const {
  return owners_.lost(chain_owner(key));
}

}  // namespace sextant::k8s
