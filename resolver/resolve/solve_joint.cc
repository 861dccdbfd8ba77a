#include "resolver/resolve/solve_joint.h"

#include <algorithm>
#include <tuple>

#include "base/error.h"
#include "resolver/pypi/narrowed_source.h"
#include "resolver/resolve/conda_problem.h"
#include "resolver/resolve/joint_provider.h"
#include "resolver/resolve/joint_texts.h"
#include "resolver/resolve/pip_indexes.h"
#include "resolver/resolve/request_place.h"

namespace kasane::resolver {
namespace {

/// One question, and both sides' parts of its problem. Lives for one solve.
class JointSolve {
 public:
  JointSolve(const JointQuestion& question, std::vector<ChannelRecords> channels,
             pypi::DistributionSource& distributions)
      : question_(question),
        distributions_(narrow(distributions, question.pip)),
        conda_(question.conda, std::move(channels)),
        carried_(conda_.book()),
        pythons_(
            list_conda_pythons(conda_.book(), question.conda.requests, question.conda.platform)),
        pypi_(distributions_, targets_of(pythons_), question.pip.rules, &carried_),
        joint_(conda_.book(), conda_.provider(), pypi_, carried_, pythons_) {}

  CondaAnswer run() {
    add_conda();
    add_pip();
    const solver::Outcome outcome = solver::solve(joint_, problem_);
    if (const auto* conflict = std::get_if<solver::Conflict>(&outcome.result)) {
      pypi::PypiTexts pypi_texts(pypi_);
      JointTexts texts(joint_, conda_.texts(), pypi_texts);
      refuse(*conflict, texts);
    }
    CondaAnswer answer;
    answer.effort = outcome.effort;
    answer.packages = packages_of(std::get<solver::Solution>(outcome.result));
    answer.credentials = std::move(credentials_);
    answer.warnings = conda_.warnings();
    return answer;
  }

 private:
  static std::vector<pypi::PypiTarget> targets_of(const std::vector<CondaPython>& pythons) {
    std::vector<pypi::PypiTarget> targets;
    for (const CondaPython& python : pythons) targets.push_back(python.target);
    return targets;
  }

  static pypi::NarrowedSource narrow(pypi::DistributionSource& all, const PipRequests& requests) {
    pypi::NarrowedSource out(all);
    if (requests.require_hashes) out.insist();
    for (const auto* list : {&requests.requirements, &requests.constraints}) {
      for (const PipRequest& request : *list) {
        if (request.wheel) out.replace(request.requirement.normalised_name(), *request.wheel);
        for (const std::string& hash : request.written.hashes) {
          out.allow(request.requirement.normalised_name(), hash);
        }
      }
    }
    return out;
  }

  void add_conda() {
    const solver::Problem& conda = conda_.problem();
    for (const solver::Requirement& requirement : conda.requirements) {
      sets_.push_back(JointProvider::conda_set(requirement.any_of.front()));
      problem_.requirements.push_back(
          {{&sets_.back(), 1}, solver::VersionSetId::none(), requirement.rank});
    }
    for (const solver::Preference& preference : conda.preferences) {
      problem_.preferences.push_back({JointProvider::conda_set(preference.set), preference.rank});
    }
  }

  void add_pip() {
    auto rank = static_cast<std::uint32_t>(question_.conda.requests.size());
    for (const PipRequest& request : question_.pip.constraints) {
      pypi_.constrain(request.requirement);
    }
    for (const PipRequest& request : question_.pip.requirements) {
      pypi_.require(request.requirement, ++rank, brief_place(request.written.place));
    }
    const solver::Problem pip = pypi_.problem();
    for (const solver::Requirement& requirement : pip.requirements) {
      sets_.push_back(JointProvider::pypi_set(requirement.any_of.front()));
      const solver::VersionSetId condition = requirement.condition
                                                 ? JointProvider::pypi_set(requirement.condition)
                                                 : solver::VersionSetId::none();
      problem_.requirements.push_back({{&sets_.back(), 1}, condition, requirement.rank});
    }
    for (const solver::VersionSetId set : pip.constraints) {
      problem_.constraints.push_back(JointProvider::pypi_set(set));
    }
    add_pip_preferences();
  }

  void add_pip_preferences() {
    std::vector<std::string_view> names;
    for (const LockedPackage& package : question_.conda.keep) {
      if (package.manager == Manager::kPip) names.push_back(package.name);
    }
    if (!names.empty()) distributions_.hint_files(names);
    for (const LockedPackage& package : question_.conda.keep) {
      if (package.manager != Manager::kPip) continue;
      if (const auto file = pypi_.find_file(package.name, package.file_name())) {
        problem_.preferences.push_back({JointProvider::pypi_set(*file), 0});
      }
      const auto version = pypi::PythonVersion::find(package.version);
      if (!version) continue;
      if (const auto files = pypi_.find_files(package.name, *version)) {
        problem_.preferences.push_back({JointProvider::pypi_set(*files), 1});
      }
    }
  }

  std::vector<LockedPackage> packages_of(const solver::Solution& solution) {
    std::vector<LockedPackage> packages;
    solver::Solution distributions;
    for (const solver::Choice& choice : solution.choices) {
      const solver::CandidateId inner = JointProvider::inner(choice.candidate);
      if (JointProvider::side(choice.candidate) == JointProvider::Side::kPypi) {
        distributions.choices.push_back({JointProvider::inner(choice.package), inner});
      } else if (auto package = conda_.locked(inner)) {
        packages.push_back(std::move(*package));
      }
    }
    for (const pypi::ChosenDistribution& chosen : pypi_.read(distributions)) {
      if (chosen.file != nullptr) packages.push_back(locked(chosen));
    }
    std::sort(packages.begin(), packages.end(), [](const auto& a, const auto& b) {
      return std::tie(a.manager, a.name) < std::tie(b.manager, b.name);
    });
    return packages;
  }

  LockedPackage locked(const pypi::ChosenDistribution& chosen) {
    LockedPackage out;
    out.manager = Manager::kPip;
    out.name = chosen.project;
    out.version = chosen.version->text();
    SplitUrl split = split_credentials(chosen.file->file.url, UrlTokens::kNone);
    out.url = std::move(split.url);
    const std::string directory = out.url.substr(0, out.url.rfind('/') + 1);
    if (const auto& user = chosen.file->file.user_info) {
      if (!split.credentials) split.credentials.emplace();
      split.credentials->user_info = credentials_of(*user).user_info;
    }
    if (split.credentials) credentials_.emplace(directory, std::move(*split.credentials));
    out.sha256 = distributions_.sha256(chosen.project, *chosen.file);
    out.dependencies = chosen.dependencies;
    return out;
  }

  const JointQuestion& question_;
  pypi::NarrowedSource distributions_;
  CondaProblem conda_;
  CarriedDistributions carried_;
  std::vector<CondaPython> pythons_;
  pypi::PypiProvider pypi_;
  JointProvider joint_;
  solver::Problem problem_;
  std::deque<solver::VersionSetId> sets_;
  std::map<std::string, UrlCredentials> credentials_;
};

}  // namespace

CondaAnswer solve_joint(const JointQuestion& question, std::vector<ChannelRecords> channels,
                        pypi::DistributionSource& distributions) {
  return JointSolve(question, std::move(channels), distributions).run();
}

}  // namespace kasane::resolver
