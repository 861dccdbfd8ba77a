#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/warning.h"
#include "resolver/conda/conda_candidates.h"
#include "resolver/lock/lock.h"
#include "resolver/resolve/conda_requests.h"
#include "resolver/solver/conflict_story.h"
#include "resolver/solver/solver.h"

namespace kasane::resolver {

/// A question about conda packages.
struct CondaQuestion {
  std::string platform = "linux-64";
  std::vector<CondaRequest> requests;
  ChannelSettings settings = {};
  VirtualPackages virtual_packages;
  CandidateRules rules = {};
  /// Packages that stay as they are where that is possible: the same file, else the same version.
  std::vector<LockedPackage> keep = {};
};

struct CondaAnswer {
  /// By manager and name; all that was asked for and what that needs, nothing else.
  std::vector<LockedPackage> packages;
  /// How to fetch those of whose addresses some is secret, as Lock::credentials.
  std::map<std::string, UrlCredentials> credentials = {};
  solver::Effort effort;
  Warnings warnings;
};

/// Finds the packages: a function of the question and the records alone, whatever the order of the
/// records. When there are none, that is an Error of kind kUnsatisfiable, whose message is the
/// story of the conflict. Channels are in the order of their priority.
CondaAnswer solve_conda(const CondaQuestion& question, std::vector<ChannelRecords> channels);

/// Throws the Error that tells a conflict.
[[noreturn]] void refuse(const solver::Conflict& conflict, solver::StoryTexts& texts);

}  // namespace kasane::resolver
