#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "resolver/spec/environment_spec.h"
#include "tests/support/listed_files.h"

namespace kasane::resolver {

/// Files in memory, to read specifications from.
class SpecFiles {
 public:
  SpecFiles() = default;
  /// A single file.
  SpecFiles(const std::string& name, const std::string& text) { write(name, text); }

  void write(const std::string& name, const std::string& text) { files_.set(name, text); }

  EnvironmentSpec read(const std::string& name) {
    return read_environment_spec(
        name, {.files = files_,
               .platform = platform,
               .find_variable = [this](const std::string& variable) { return find(variable); },
               .settings = settings,
               .extras = extras,
               .groups = groups});
  }
  /// The error as people see it.
  std::string error(const std::string& name) {
    try {
      read(name);
    } catch (const Error& error) {
      return error.render();
    }
    return "no error";
  }

  std::string platform = "linux-64";
  std::map<std::string, std::string> variables;
  std::map<std::string, std::string> settings;
  std::set<std::string> extras;
  std::set<std::string> groups;

 private:
  std::optional<std::string> find(const std::string& variable) const {
    const auto found = variables.find(variable);
    if (found == variables.end()) return std::nullopt;
    return found->second;
  }

  testing::ListedFiles files_;
};

inline EnvironmentSpec spec_of(const std::string& text, const std::string& name = "e.yml") {
  return SpecFiles(name, text).read(name);
}

inline std::string spec_error(const std::string& text, const std::string& name = "e.yml") {
  return SpecFiles(name, text).error(name);
}

template <class Requirements>
std::vector<std::string> texts(const Requirements& requirements) {
  std::vector<std::string> out;
  for (const auto& requirement : requirements) out.push_back(requirement.text);
  return out;
}

/// `line:column` of each.
template <class Requirements>
std::vector<std::string> places(const Requirements& requirements) {
  std::vector<std::string> out;
  for (const auto& requirement : requirements) {
    out.push_back(std::to_string(requirement.place.line) + ":" +
                  std::to_string(requirement.place.column));
  }
  return out;
}

inline std::vector<std::string> codes(const Warnings& warnings) {
  std::vector<std::string> out;
  for (const Warning& warning : warnings) out.push_back(warning.code);
  return out;
}

using Texts = std::vector<std::string>;

}  // namespace kasane::resolver
