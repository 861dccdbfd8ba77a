#include "resolver/resolve/conda_problem.h"

#include <algorithm>

#include <fmt/format.h>

#include "resolver/resolve/locked_record.h"
#include "resolver/resolve/request_place.h"

namespace kasane::resolver {

CondaProblem::CondaProblem(const CondaQuestion& question, std::vector<ChannelRecords> channels)
    : question_(question),
      collector_(std::move(channels), question.settings, question.virtual_packages,
                 rules_for(question.requests, question.rules)),
      book_(collector_),
      provider_(book_),
      texts_(book_, provider_) {
  add_requests();
  add_preferences();
}

void CondaProblem::add_requests() {
  std::uint32_t rank = 0;
  for (const CondaRequest& request : question_.requests) {
    const CondaSet& set = book_.add_set(request.written.text, request.spec);
    problem_.requirements.push_back({{&set.id, 1}, solver::VersionSetId::none(), rank++});
    texts_.set_origin(set.id, brief_place(request.written.place));
  }
}

void CondaProblem::add_preferences() {
  std::vector<const LockedPackage*> keep;
  std::vector<std::string_view> names;
  for (const LockedPackage& package : question_.keep) {
    if (package.manager != Manager::kConda) continue;
    keep.push_back(&package);
    names.push_back(package.name);
  }
  if (!names.empty()) collector_.hint(names);
  for (const LockedPackage* package : keep) {
    const std::vector<std::string> choices = identities_of(*package);
    const auto same_file = std::find_if(choices.begin(), choices.end(), [&](const auto& text) {
      return has_candidate(book_.add_set(text, MatchSpec::parse(text)));
    });
    if (same_file != choices.end()) add_preference(*same_file, 0);
    add_preference(fmt::format("{} =={}", package->name, package->version), 1);
  }
}

void CondaProblem::add_preference(const std::string& text, std::uint32_t rank) {
  const CondaSet& set = book_.add_set(text, MatchSpec::parse(text));
  // Preferring what is not there would mean to prefer that the package is absent.
  if (has_candidate(set)) problem_.preferences.push_back({set.id, rank});
}

std::optional<LockedPackage> CondaProblem::locked(solver::CandidateId id) {
  const CondaCandidate& candidate = book_.candidate(id);
  if (candidate.table == nullptr) return std::nullopt;
  return locked_record(candidate.table->name(), candidate.table->record(candidate.row),
                       collector_.source(candidate));
}

Warnings CondaProblem::warnings() const {
  if (provider_.fault_count() == 0) return {};
  return {
      {"unreadable-record", fmt::format("{} records cannot be used and were left out, such as {}",
                                        provider_.fault_count(), provider_.first_fault())}};
}

}  // namespace kasane::resolver
