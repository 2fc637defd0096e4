// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Who uses what: sets of users by what they use.
#pragma once

#include <algorithm>
#include <set>
#include <string>

namespace sextant::k8s {

template <typename Users, typename Key>
const std::set<std::string>& users_of(const Users& users, const Key& key) {
  static const std::set<std::string> none;
  const auto found = users.find(key);
  return found == users.end() ? none : found->second;
}

// Moves one user from what it used to what it uses. changed is called for the difference.
template <typename Users, typename Keys, typename Changed>
void use(Users& users, const std::string& user, const Keys& before, const Keys& after,
         Changed changed) {
  const auto is_in = [](const Keys& keys, const auto& key) {
    return std::find(keys.begin(), keys.end(), key) != keys.end();
  };
  for (const auto& key : before) {
    if (is_in(after, key)) continue;
    const auto found = users.find(key);
    found->second.erase(user);
    changed(key);
    if (found->second.empty()) users.erase(found);
  }
  for (const auto& key : after) {
    if (is_in(before, key)) continue;
    users[key].insert(user);
    changed(key);
  }
}

}  // namespace sextant::k8s
