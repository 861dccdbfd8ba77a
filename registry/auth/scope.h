#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace kasane::registry {

/// What a token is to allow: actions on resources, as in `repository:app:pull,push`. A value.
class Scope {
 public:
  Scope() = default;
  static Scope pull(std::string_view repository);
  static Scope push(std::string_view repository);
  static Scope remove(std::string_view repository);
  /// Reads what a challenge says: scopes between spaces. What is none is left out.
  static Scope parse(std::string_view text);

  void add(const Scope& other);
  bool empty() const { return actions_.empty(); }
  /// One for each resource, sorted.
  std::vector<std::string> list() const;
  std::string render() const;
  auto operator<=>(const Scope&) const = default;

 private:
  /// By `type:name`.
  std::map<std::string, std::set<std::string>> actions_;
};

}  // namespace kasane::registry
