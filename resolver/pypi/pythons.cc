#include "resolver/pypi/pythons.h"

#include <algorithm>
#include <charconv>
#include <set>
#include <tuple>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace kasane::resolver::pypi {
namespace {

/// What decides which wheels a CPython takes.
auto tag_key(const WheelTarget& target) {
  return std::make_tuple(target.implementation, target.python_major, target.python_minor,
                         target.free_threaded, target.abi, target.machine, target.libc.kind,
                         target.libc.major, target.libc.minor);
}

}  // namespace

PypiTarget cpython_target(const PythonVersion& version, const std::string& machine, TargetLibc libc,
                          bool free_threaded) {
  PypiTarget out{MarkerEnvironment::cpython(version.text(), machine), {}, version};
  const std::vector<std::string> release = version.parts().release;
  const auto part = [&](std::size_t i) {
    int number = 0;
    // What is too large for an int is no Python that wheels are made for.
    if (i < release.size()) {
      std::from_chars(release[i].data(), release[i].data() + release[i].size(), number);
    }
    return number;
  };
  out.wheels = {.implementation = "cp",
                .python_major = part(0),
                .python_minor = part(1),
                .free_threaded = free_threaded,
                .abi = {},
                .machine = machine,
                .libc = libc};
  return out;
}

Pythons::Pythons(std::vector<PypiTarget> targets) : targets_(std::move(targets)) {
  std::map<decltype(tag_key({})), std::size_t> known;
  for (const PypiTarget& target : targets_) {
    const auto [kind, is_new] = known.try_emplace(tag_key(target.wheels), tags_.size());
    if (is_new) tags_.emplace_back(target.wheels);
    kinds_.push_back(kind->second);
  }
}

PythonSet Pythons::select(const SpecifierSet& requires_python) const {
  PythonSet out = none();
  for (std::size_t i = 0; i < size(); ++i) out[i] = requires_python.contains(targets_[i].python);
  return out;
}

const PythonSet& Pythons::select(const Marker& marker, const std::string& extra) {
  std::pair<std::string, std::string> key(marker.render(), extra);
  const auto known = marked_.find(key);
  if (known != marked_.end()) return known->second;
  PythonSet out = none();
  for (std::size_t i = 0; i < size(); ++i) out[i] = marker.evaluate(targets_[i].environment, extra);
  return marked_.emplace(std::move(key), std::move(out)).first->second;
}

std::string Pythons::text(const PythonSet& set) const {
  std::set<std::tuple<int, int, bool>> minors;
  for (std::size_t i = 0; i < size(); ++i) {
    const WheelTarget& wheels = targets_[i].wheels;
    if (set[i]) minors.emplace(wheels.python_major, wheels.python_minor, wheels.free_threaded);
  }
  std::vector<std::string> texts;
  for (const auto& [major, minor, free_threaded] : minors) {
    texts.push_back(fmt::format("{}.{}{}", major, minor, free_threaded ? "t" : ""));
  }
  return "Python " + (texts.empty() ? "of no version" : fmt::format("{}", fmt::join(texts, ", ")));
}

bool holds_everywhere(const PythonSet& set) {
  return std::find(set.begin(), set.end(), false) == set.end();
}

bool holds_nowhere(const PythonSet& set) {
  return std::find(set.begin(), set.end(), true) == set.end();
}

}  // namespace kasane::resolver::pypi
