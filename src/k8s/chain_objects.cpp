// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Which labels a selector matches.
#include "k8s/chain_objects.hpp"

#include <algorithm>

namespace sextant::k8s {

namespace {

const std::string* value_of(const StringPairs& labels, const std::string& key) {
  const auto at =
      std::lower_bound(labels.begin(), labels.end(), key,
                       [](const auto& label, const std::string& k) { return label.first < k; });
  return at != labels.end() && at->first == key ? &at->second : nullptr;
}

bool holds(const LabelRequirement& wanted, const StringPairs& labels) {
  using Operator = LabelRequirement::Operator;
  const std::string* const value = value_of(labels, wanted.key);
  const bool listed = value != nullptr && std::find(wanted.values.begin(), wanted.values.end(),
                                                    *value) != wanted.values.end();
  switch (wanted.op) {
    case Operator::kIn: return listed;
    case Operator::kNotIn: return !listed;
    case Operator::kExists: return value != nullptr;
    case Operator::kDoesNotExist: return value == nullptr;
  }
  return false;
}

}  // namespace

bool LabelSelector::matches(const StringPairs& of_pod) const {
  return std::all_of(labels.begin(), labels.end(),
                     [&](const auto& label) {
                       const std::string* const value = value_of(of_pod, label.first);
                       return value != nullptr && *value == label.second;
                     }) &&
         std::all_of(expressions.begin(), expressions.end(),
                     [&](const LabelRequirement& one) { return holds(one, of_pod); });
}

}  // namespace sextant::k8s
