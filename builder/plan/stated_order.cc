#include "builder/plan/stated_order.h"

#include <cctype>
#include <map>
#include <set>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "resolver/pypi/distribution_name.h"

namespace kasane::builder {
namespace {

using NameOf = std::string (*)(std::string_view);

bool belongs_to_name(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_' || c == '.';
}

/// Appends the packages in `members` to `order`, dependencies first.
void append_sorted(std::span<const PackageFacts* const> packages,
                   const std::map<std::string, std::size_t>& members, NameOf name_of,
                   std::vector<std::size_t>& order) {
  std::map<std::string, std::set<std::string>> waits_for;
  std::map<std::string, std::vector<std::string>> wanted_by;
  for (const auto& [name, index] : members) {
    auto& waits = waits_for[name];
    for (const std::string& requirement : packages[index]->depends) {
      const std::string other = name_of(requirement);
      if (other == name || !members.contains(other)) continue;
      if (waits.insert(other).second) wanted_by[other].push_back(name);
    }
  }
  std::set<std::string> ready;
  for (const auto& [name, waits] : waits_for) {
    if (waits.empty()) ready.insert(name);
  }
  while (!waits_for.empty()) {
    const std::string name = ready.empty() ? waits_for.begin()->first : *ready.begin();
    ready.erase(name);
    waits_for.erase(name);
    order.push_back(members.at(name));
    for (const std::string& other : wanted_by[name]) {
      const auto waiting = waits_for.find(other);
      if (waiting == waits_for.end()) continue;
      waiting->second.erase(name);
      if (waiting->second.empty()) ready.insert(other);
    }
  }
}

}  // namespace

std::string conda_name(std::string_view match_spec) {
  const std::size_t channel = match_spec.find("::");
  if (channel != std::string_view::npos) match_spec.remove_prefix(channel + 2);
  std::string name;
  for (const char c : match_spec) {
    if (!belongs_to_name(c)) break;
    name += lower(c);
  }
  return name;
}

std::string wheel_name(std::string_view requirement) {
  const auto* const end = std::find_if_not(requirement.begin(), requirement.end(), belongs_to_name);
  return resolver::pypi::normalise_name(requirement.substr(0, end - requirement.begin()));
}

std::vector<std::size_t> stated_order(std::span<const PackageFacts* const> packages) {
  std::map<std::string, std::size_t> conda;
  std::map<std::string, std::size_t> wheels;
  for (std::size_t i = 0; i < packages.size(); ++i) {
    const bool wheel = packages[i]->kind == PackageFacts::Kind::kWheel;
    const std::string& name = packages[i]->name;
    const bool added = wheel ? wheels.emplace(wheel_name(name), i).second
                             : conda.emplace(conda_name(name), i).second;
    if (!added) {
      throw Error(ErrorKind::kRefused, fmt::format("package `{}` is there twice", name))
          .hint("a lock may name a package once");
    }
  }
  std::vector<std::size_t> order;
  order.reserve(packages.size());
  append_sorted(packages, conda, conda_name, order);
  append_sorted(packages, wheels, wheel_name, order);
  return order;
}

}  // namespace kasane::builder
