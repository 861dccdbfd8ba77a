#include <cstdlib>
#include <fstream>
#include <set>
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "resolver/pypi/pypi_provider.h"
#include "tests/support/memory_distributions.h"

/// astral-sh/packse's scenarios, read from KASANE_TEST_DATA, with an index in memory.
namespace kasane::resolver::pypi {
namespace {

using nlohmann::json;
using test::MemoryDistributions;

/// `cp312-cp312-manylinux…` as it stands in a file's name.
std::string wheel_name(const std::string& project, const std::string& version,
                       const std::string& tag) {
  std::string name = project;
  for (char& c : name) c = c == '-' ? '_' : c;
  return name + "-" + version + "-" + tag + ".whl";
}

std::string headers_of(const json& version) {
  std::string out;
  for (const json& text : version.value("requires", json::array())) {
    out += "Requires-Dist: " + text.get<std::string>() + "\n";
  }
  const json extras = version.value("extras", json::object());
  for (const auto& [extra, list] : extras.items()) {
    out += "Provides-Extra: " + extra + "\n";
    for (const json& text : list) {
      const std::string requirement = text.get<std::string>();
      const std::size_t marker = requirement.find(';');
      out += "Requires-Dist: " + requirement.substr(0, marker) + "; extra == '" + extra + "'";
      if (marker != std::string::npos) out += " and (" + requirement.substr(marker + 1) + ")";
      out += "\n";
    }
  }
  if (version.contains("requires_python") && version["requires_python"].is_string()) {
    out += "Requires-Python: " + version["requires_python"].get<std::string>() + "\n";
  }
  return out;
}

void fill(MemoryDistributions& source, const json& packages) {
  for (const auto& [project, package] : packages.items()) {
    for (const auto& [version, details] : package.at("versions").items()) {
      MemoryDistributions::File file;
      file.metadata = headers_of(details);
      const json python = details.value("requires_python", json());
      if (python.is_string()) file.requires_python = python;
      file.yanked = details.value("yanked", false);
      const json tags = details.value("wheel_tags", json::array({"py3-none-any"}));
      if (details.value("wheel", true)) {
        for (const json& tag : tags.empty() ? json::array({"py3-none-any"}) : tags) {
          file.name = wheel_name(project, version, tag);
          source.add(project, version, file);
        }
      }
      if (details.value("sdist", true)) {
        file.name = project + "-" + version + ".tar.gz";
        source.add(project, version, file);
      }
    }
  }
}

PypiTarget target_of(const json& scenario) {
  std::string python = "3.12.0";
  for (const std::string from : {"environment", "resolver_options"}) {
    const json value = scenario.value(from, json::object()).value("python", json());
    if (value.is_string()) python = value;
  }
  PypiTarget out{MarkerEnvironment::cpython(python), {}, PythonVersion::parse(python)};
  out.wheels.python_minor = std::stoi(out.python.parts().release.at(1));
  out.wheels.libc = {TargetLibc::Kind::kGlibc, 2, 28};
  return out;
}

PypiRules rules_of(const json& options) {
  PypiRules rules;
  rules.allow_sources = true;
  rules.prereleases = options.value("prereleases", false);
  for (const json& name : options.value("no_binary", json::array()))
    rules.no_binary.insert(name.get<std::string>());
  for (const json& name : options.value("only_binary", json::array()))
    rules.only_binary.insert(name.get<std::string>());
  return rules;
}

void check(const json& scenario) {
  MemoryDistributions source;
  fill(source, scenario.at("packages"));
  const json options = scenario.value("resolver_options", json::object());
  PypiProvider provider(source, {target_of(scenario)}, rules_of(options));
  const json& root = scenario.at("root");
  std::uint32_t rank = 0;
  for (const json& text : root.value("requires", json::array())) {
    provider.require(Requirement::parse(text.get<std::string>()), rank++);
  }
  const json python = root.value("requires_python", json());
  if (python.is_string()) provider.require_python(SpecifierSet::parse(python.get<std::string>()));
  const auto outcome = solver::solve(provider, provider.problem());
  const auto* solution = std::get_if<solver::Solution>(&outcome.result);
  const json& expected = scenario.at("expected");
  ASSERT_EQ(solution != nullptr, expected.at("satisfiable").get<bool>());
  if (solution == nullptr || !expected.contains("packages") || expected["packages"].is_null())
    return;
  json chosen = json::object();
  for (const ChosenDistribution& distribution : provider.read(*solution)) {
    chosen[distribution.project] = distribution.file->version.text();
  }
  EXPECT_EQ(chosen, expected["packages"]);
}

TEST(Packse, ScenariosForOneEnvironmentEndAsExpected) {
  const char* folder = std::getenv("KASANE_TEST_DATA");
  if (folder == nullptr) GTEST_SKIP() << "KASANE_TEST_DATA names no folder of scenarios";
  std::ifstream stream(std::string(folder) + "/packse/scenarios.json");
  const json document = json::parse(stream);
  int checked = 0;
  for (const json& scenario : document.at("scenarios")) {
    SCOPED_TRACE(scenario.at("name").get<std::string>());
    // What holds for all environments at once is no matter of one solve.
    if (scenario.value("resolver_options", json::object()).value("universal", false)) continue;
    check(scenario);
    ++checked;
  }
  EXPECT_EQ(checked, 47);
}

}  // namespace
}  // namespace kasane::resolver::pypi
