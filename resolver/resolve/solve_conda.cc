#include "resolver/resolve/solve_conda.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "resolver/conda/conda_provider.h"
#include "resolver/conda/conda_texts.h"
#include "resolver/resolve/locked_record.h"
#include "resolver/solver/conflict_story.h"

namespace kasane::resolver {
namespace {

/// One question, its book and its problem. Lives for one solve.
class CondaSolve {
 public:
  CondaSolve(const CondaQuestion& question, std::vector<ChannelRecords> channels)
      : question_(question),
        collector_(std::move(channels), question.settings, question.virtual_packages,
                   rules_for(question.requests, question.rules)),
        book_(collector_),
        provider_(book_) {}

  CondaAnswer run() {
    add_requests();
    add_preferences();
    const solver::Outcome outcome = solver::solve(provider_, problem_);
    if (const auto* conflict = std::get_if<solver::Conflict>(&outcome.result)) refuse(*conflict);
    CondaAnswer answer;
    answer.effort = outcome.effort;
    answer.packages = packages_of(std::get<solver::Solution>(outcome.result));
    if (provider_.fault_count() > 0) {
      answer.warnings.push_back(
          {"unreadable-record",
           fmt::format("{} records cannot be used and were left out, such as {}",
                       provider_.fault_count(), provider_.first_fault())});
    }
    return answer;
  }

 private:
  void add_requests() {
    std::uint32_t rank = 0;
    for (const CondaRequest& request : question_.requests) {
      const CondaSet& set = book_.add_set(request.written.text, request.spec);
      problem_.requirements.push_back({{&set.id, 1}, solver::VersionSetId::none(), rank++});
      const SourcePlace& place = request.written.place;
      origins_.emplace_back(
          set.id, place.line > 0 ? fmt::format("{}:{}", place.file, place.line) : std::string());
    }
  }

  void add_preferences() {
    hint_at_kept();
    for (const LockedPackage& package : question_.keep) {
      const std::vector<std::string> choices = identities_of(package);
      const auto same_file = std::find_if(choices.begin(), choices.end(), [&](const auto& text) {
        return has_candidate(book_.add_set(text, MatchSpec::parse(text)));
      });
      if (same_file != choices.end()) add_preference(*same_file, 0);
      const std::string same_version = fmt::format("{} =={}", package.name, package.version);
      add_preference(same_version, 1);
    }
  }

  void hint_at_kept() {
    std::vector<std::string_view> names;
    for (const LockedPackage& package : question_.keep) names.push_back(package.name);
    if (!names.empty()) collector_.hint(names);
  }

  void add_preference(const std::string& text, std::uint32_t rank) {
    const CondaSet& set = book_.add_set(text, MatchSpec::parse(text));
    // Preferring what is not there would mean to prefer that the package is absent.
    if (has_candidate(set)) problem_.preferences.push_back({set.id, rank});
  }

  bool has_candidate(const CondaSet& set) { return book_.best_version(set).has_value(); }

  [[noreturn]] void refuse(const solver::Conflict& conflict) {
    CondaTexts texts(book_, provider_);
    for (const auto& [set, origin] : origins_) texts.set_origin(set, origin);
    solver::Story story = solver::tell(conflict, texts);
    Error error(ErrorKind::kUnsatisfiable, std::move(story.text));
    throw story.hint.empty() ? error : Error(std::move(error)).hint(std::move(story.hint));
  }

  std::vector<LockedPackage> packages_of(const solver::Solution& solution) {
    std::vector<LockedPackage> packages;
    for (const solver::Choice& choice : solution.choices) {
      const CondaCandidate& candidate = book_.candidate(choice.candidate);
      if (candidate.table == nullptr) continue;
      packages.push_back(locked_record(candidate.table->name(),
                                       candidate.table->record(candidate.row),
                                       collector_.source(candidate)));
    }
    std::sort(packages.begin(), packages.end(),
              [](const auto& a, const auto& b) { return a.name < b.name; });
    return packages;
  }

  const CondaQuestion& question_;
  CandidateCollector collector_;
  CandidateBook book_;
  CondaProvider provider_;
  solver::Problem problem_;
  std::vector<std::pair<solver::VersionSetId, std::string>> origins_;
};

}  // namespace

CondaAnswer solve_conda(const CondaQuestion& question, std::vector<ChannelRecords> channels) {
  return CondaSolve(question, std::move(channels)).run();
}

}  // namespace kasane::resolver
