#include "tests/support/joint_checker.h"

#include <optional>
#include <set>

#include <fmt/format.h>

#include "resolver/pypi/distribution_name.h"
#include "resolver/pypi/metadata.h"
#include "resolver/pypi/tags.h"
#include "resolver/resolve/carried_distributions.h"

namespace kasane::test {

namespace pypi = resolver::pypi;
using resolver::LockedPackage;
using resolver::Manager;

/// One check.
class JointChecker::Run {
 public:
  Run(const JointChecker& checker, const std::vector<LockedPackage>& packages,
      const resolver::VirtualPackages& virtual_packages)
      : checker_(checker) {
    for (const LockedPackage& package : packages) take(package);
    if (!python_) {
      complain("there is no Python");
      return;
    }
    std::string machine = "x86_64";
    for (const LockedPackage& package : conda_) {
      if (package.url.find("/linux-aarch64/") != std::string::npos) machine = "aarch64";
    }
    environment_ = pypi::MarkerEnvironment::cpython(python_->text(), machine);
    const auto release = python_->parts().release;
    target_ = {.implementation = "cp",
               .python_major = std::stoi(release.at(0)),
               .python_minor = std::stoi(release.at(1)),
               .free_threaded = false,
               .abi = {},
               .machine = machine,
               .libc = {}};
    if (const auto* glibc = virtual_packages.find("__glibc")) {
      const auto parts = pypi::PythonVersion::parse(glibc->version.text()).parts().release;
      target_.libc = {pypi::TargetLibc::Kind::kGlibc, std::stoi(parts.at(0)),
                      std::stoi(parts.at(1))};
    }
  }

  bool has_python() const { return python_.has_value(); }

  void reach(const std::vector<std::string>& requests) {
    for (const std::string& request : requests) {
      meet(pypi::Requirement::parse(request), "the specification", "");
    }
    while (!open_.empty()) {
      const auto [name, extra] = *open_.begin();
      open_.erase(open_.begin());
      if (!reached_.emplace(name, extra).second) continue;
      expand(name, extra);
    }
    for (const auto& [name, _] : wheels_) {
      if (!reached_.contains({name, ""})) complain("nobody asks for `{}`", name);
    }
  }

  /// conda packages that requirements for pip ask for.
  const std::vector<std::string>& asked_of_conda() const { return asked_of_conda_; }
  const std::vector<LockedPackage>& conda() const { return conda_; }
  std::vector<std::string>& complaints() { return complaints_; }

 private:
  struct Carrier {
    std::string conda_name;
    std::optional<pypi::PythonVersion> version;
  };

  template <class... Values>
  void complain(fmt::format_string<Values...> text, Values&&... values) {
    complaints_.push_back(fmt::format(text, std::forward<Values>(values)...));
  }

  void take(const LockedPackage& package) {
    if (package.manager == Manager::kPip) {
      if (!wheels_.emplace(package.name, package).second) {
        complain("`{}` is there twice", package.name);
      }
      return;
    }
    conda_.push_back(package);
    if (package.name == "python") python_ = pypi::PythonVersion::find(package.version);
    if (!package.dependencies.contains("python") && !package.dependencies.contains("python_abi")) {
      return;
    }
    for (const std::string& project : resolver::carried_projects(package.name)) {
      carried_[project].push_back({package.name, pypi::PythonVersion::find(package.version)});
    }
  }

  void expand(const std::string& name, const std::string& extra) {
    const auto wheel = wheels_.find(name);
    if (wheel == wheels_.end()) return expand_carried(name, extra);
    if (carried_.contains(name)) complain("`{}` comes from conda and from an index", name);
    const std::string file = wheel->second.file_name();
    const auto known = checker_.wheels_.find(file);
    if (known == checker_.wheels_.end()) return complain("no index has `{}`", file);
    const auto metadata = pypi::Metadata::parse(known->second, file);
    const auto tags = pypi::WheelName::find(file);
    if (!tags || !pypi::TagRanks(target_).find(*tags)) complain("Python cannot take `{}`", file);
    if (metadata.version.text() != wheel->second.version) {
      complain("`{}` is written down as another version", file);
    }
    if (metadata.requires_python && !metadata.requires_python->contains(*python_)) {
      complain("`{}` is not for Python {}", file, python_->text());
    }
    for (const pypi::Requirement& requirement : metadata.requires_dist) {
      meet(requirement, name, extra);
    }
  }

  /// What an extra adds to a distribution that conda brings, a wheel of that version tells.
  void expand_carried(const std::string& name, const std::string& extra) {
    for (const auto& [file, text] : checker_.wheels_) {
      const auto metadata = pypi::Metadata::parse(text, file);
      const bool same = pypi::normalise_name(metadata.name) == name &&
                        metadata.version == carried_.at(name).front().version;
      if (!same) continue;
      for (const pypi::Requirement& requirement : metadata.requires_dist) {
        if (requirement.marker && !requirement.marker->evaluate(environment_)) {
          meet(requirement, name, extra);
        }
      }
      return;
    }
    complain("nobody tells what `{}[{}]` needs", name, extra);
  }

  void meet(const pypi::Requirement& requirement, const std::string& who,
            const std::string& extra) {
    if (requirement.marker && !requirement.marker->evaluate(environment_, extra)) return;
    const std::string project = requirement.normalised_name();
    const std::string text = requirement.render();
    if (const auto wheel = wheels_.find(project); wheel != wheels_.end()) {
      const auto version = pypi::PythonVersion::parse(wheel->second.version);
      if (!requirement.specifiers.contains(version)) {
        complain("{} needs `{}`, but there is `{}`", who, text, version.text());
      }
      open_.emplace(project, "");
      for (const std::string& wanted : requirement.extras) open_.emplace(project, wanted);
      return;
    }
    const auto carriers = carried_.find(project);
    if (carriers == carried_.end()) return complain("{} needs `{}`, which is not there", who, text);
    for (const Carrier& carrier : carriers->second) {
      if (!carrier.version || !requirement.specifiers.contains(*carrier.version)) {
        complain("{} needs `{}`, but conda's `{}` does not do", who, text, carrier.conda_name);
      }
    }
    asked_of_conda_.push_back(carriers->second.front().conda_name);
    for (const std::string& wanted : requirement.extras) open_.emplace(project, wanted);
  }

  const JointChecker& checker_;
  std::vector<LockedPackage> conda_;
  std::map<std::string, LockedPackage> wheels_;
  std::map<std::string, std::vector<Carrier>> carried_;
  std::optional<pypi::PythonVersion> python_;
  pypi::MarkerEnvironment environment_;
  pypi::WheelTarget target_;
  std::set<std::pair<std::string, std::string>> open_;
  std::set<std::pair<std::string, std::string>> reached_;
  std::vector<std::string> asked_of_conda_;
  std::vector<std::string> complaints_;
};

std::vector<std::string> JointChecker::check(const std::vector<std::string>& conda_requests,
                                             const std::vector<std::string>& pip_requests,
                                             const resolver::VirtualPackages& virtual_packages,
                                             const std::vector<LockedPackage>& packages) const {
  Run run(*this, packages, virtual_packages);
  if (run.has_python()) run.reach(pip_requests);
  std::vector<std::string> requests = conda_requests;
  requests.insert(requests.end(), run.asked_of_conda().begin(), run.asked_of_conda().end());
  std::vector<std::string> complaints = conda_.check(requests, virtual_packages, run.conda());
  complaints.insert(complaints.end(), run.complaints().begin(), run.complaints().end());
  return complaints;
}

}  // namespace kasane::test
