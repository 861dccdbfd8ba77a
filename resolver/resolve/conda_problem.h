#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/warning.h"
#include "resolver/conda/conda_provider.h"
#include "resolver/conda/conda_texts.h"
#include "resolver/resolve/solve_conda.h"

namespace kasane::resolver {

/// conda's part of a problem: its candidates, and what is asked of them. Borrows the question. One
/// thread.
class CondaProblem {
 public:
  CondaProblem(const CondaQuestion& question, std::vector<ChannelRecords> channels);
  CondaProblem(const CondaProblem&) = delete;
  CondaProblem& operator=(const CondaProblem&) = delete;

  CandidateBook& book() { return book_; }
  CondaProvider& provider() { return provider_; }
  CondaTexts& texts() { return texts_; }
  /// Requirements ranked by their place in the question, and preferences: 0 for the same file, 1
  /// for the same version.
  const solver::Problem& problem() const { return problem_; }

  /// The locked package of a candidate; nothing for a virtual one.
  std::optional<LockedPackage> locked(solver::CandidateId candidate);
  /// Records that turned out to be unusable.
  Warnings warnings() const;

 private:
  void add_requests();
  void add_preferences();
  void add_preference(const std::string& text, std::uint32_t rank);
  bool has_candidate(const CondaSet& set) { return book_.best_version(set).has_value(); }

  const CondaQuestion& question_;
  CandidateCollector collector_;
  CandidateBook book_;
  CondaProvider provider_;
  CondaTexts texts_;
  solver::Problem problem_;
};

}  // namespace kasane::resolver
