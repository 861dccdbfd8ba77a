#include "registry/auth/scope.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace kasane::registry {

Scope Scope::pull(std::string_view repository) {
  return parse(fmt::format("repository:{}:pull", repository));
}
Scope Scope::push(std::string_view repository) {
  return parse(fmt::format("repository:{}:pull,push", repository));
}
Scope Scope::remove(std::string_view repository) {
  return parse(fmt::format("repository:{}:delete,pull", repository));
}

Scope Scope::parse(std::string_view text) {
  Scope out;
  while (!text.empty()) {
    const std::size_t space = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, space);
    text.remove_prefix(std::min(space + 1, text.size()));
    const std::size_t colon = word.rfind(':');
    if (colon == std::string_view::npos || word.find(':') == colon) continue;
    std::string_view actions = word.substr(colon + 1);
    while (!actions.empty()) {
      const std::size_t comma = std::min(actions.find(','), actions.size());
      if (comma > 0) {
        out.actions_[std::string(word.substr(0, colon))].emplace(actions.substr(0, comma));
      }
      actions.remove_prefix(std::min(comma + 1, actions.size()));
    }
  }
  return out;
}

void Scope::add(const Scope& other) {
  for (const auto& [resource, actions] : other.actions_) {
    actions_[resource].insert(actions.begin(), actions.end());
  }
}

std::vector<std::string> Scope::list() const {
  std::vector<std::string> out;
  for (const auto& [resource, actions] : actions_) {
    out.push_back(fmt::format("{}:{}", resource, fmt::join(actions, ",")));
  }
  return out;
}

std::string Scope::render() const { return fmt::format("{}", fmt::join(list(), " ")); }

}  // namespace kasane::registry
