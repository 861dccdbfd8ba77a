#pragma once

#include <compare>
#include <string>
#include <vector>

#include "resolver/solver/conflict.h"

namespace kasane::resolver::solver {

/// What only the provider's side can say about the ids in a conflict.
class StoryTexts {
 public:
  virtual ~StoryTexts() = default;

  virtual std::string name(PackageId package) = 0;
  /// As it was written: `numpy >=1.26`.
  virtual std::string text(VersionSetId set) = 0;
  /// Where the problem asks for it, such as `environment.yml:7`; empty where nobody can say.
  virtual std::string origin(VersionSetId set) = 0;
  /// All candidates that the package has, excluded ones too.
  virtual std::vector<CandidateId> candidates(PackageId package) = 0;
  virtual std::string version(CandidateId candidate) = 0;
  /// Which of two candidates of one package has the lower version.
  virtual std::weak_ordering compare_versions(CandidateId a, CandidateId b) = 0;
  /// Why the candidate is excluded or cannot be used.
  virtual std::string why_not(CandidateId candidate) = 0;

  /// What to do about a package that nobody has (`did you mean …`, `add the channel …`, `set
  /// CONDA_OVERRIDE_CUDA`); empty: no idea.
  virtual std::string hint_for_missing(PackageId package) = 0;
  /// The same for a set of an existing package in which there is no candidate.
  virtual std::string hint_for_empty(VersionSetId set) = 0;
};

/// A conflict as people read it. `text` has several lines, at most `kMaxLines`, without a newline
/// at the end; `hint` has one, or is empty.
struct Story {
  static constexpr std::size_t kMaxLines = 25;
  std::string text;
  std::string hint;
};

/// Tells what asked for what, and which versions are ruled out by which fact. The same conflict and
/// texts give the same story.
Story tell(const Conflict& conflict, StoryTexts& texts);

}  // namespace kasane::resolver::solver
