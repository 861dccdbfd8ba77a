#include "resolver/solver/version_ranges.h"

#include <algorithm>
#include <compare>
#include <set>

#include <fmt/format.h>

namespace kasane::resolver::solver {

namespace {

constexpr std::size_t kMostRuns = 3;

struct Version {
  CandidateId candidate;
  bool any = false;
  bool all = true;
};

/// The versions of `among`, lowest first, and how much of each is in `members`.
std::vector<Version> versions_of(const std::vector<CandidateId>& members,
                                 std::vector<CandidateId> among, StoryTexts& texts) {
  const std::set<CandidateId> wanted(members.begin(), members.end());
  std::stable_sort(among.begin(), among.end(), [&](CandidateId a, CandidateId b) {
    return std::is_lt(texts.compare_versions(a, b));
  });
  std::vector<Version> versions;
  for (const CandidateId candidate : among) {
    if (versions.empty() ||
        std::is_neq(texts.compare_versions(versions.back().candidate, candidate))) {
      versions.push_back({candidate});
    }
    const bool in = wanted.contains(candidate);
    versions.back().any |= in;
    versions.back().all &= in;
  }
  return versions;
}

}  // namespace

std::string describe_versions(const std::vector<CandidateId>& members,
                              const std::vector<CandidateId>& among, StoryTexts& texts) {
  const std::vector<Version> versions = versions_of(members, among, texts);
  std::vector<std::string> runs;
  bool partial = false;
  for (std::size_t i = 0; i < versions.size(); ++i) {
    if (!versions[i].any) continue;
    const std::size_t first = i;
    partial |= !versions[i].all;
    while (i + 1 < versions.size() && versions[i + 1].any) partial |= !versions[++i].all;
    const std::string from = texts.version(versions[first].candidate);
    runs.push_back(first == i ? from
                              : fmt::format("{}–{}", from, texts.version(versions[i].candidate)));
  }
  std::string text;
  const std::size_t shown = runs.size() <= kMostRuns + 1 ? runs.size() : kMostRuns;
  for (std::size_t i = 0; i < shown; ++i) text += (i == 0 ? "" : ", ") + runs[i];
  if (shown < runs.size()) text += fmt::format(" and {} more ranges", runs.size() - shown);
  return partial ? text + " (some builds)" : text;
}

std::string list_versions(const std::vector<CandidateId>& candidates, StoryTexts& texts) {
  constexpr std::size_t kMostApart = 4;
  const std::vector<Version> versions = versions_of(candidates, candidates, texts);
  if (versions.size() > kMostApart) {
    return fmt::format("{}–{} ({} versions)", texts.version(versions.front().candidate),
                       texts.version(versions.back().candidate), versions.size());
  }
  std::string text;
  for (std::size_t i = 0; i < versions.size(); ++i) {
    text += i == 0 ? "" : i + 1 == versions.size() ? " and " : ", ";
    text += texts.version(versions[i].candidate);
  }
  return text;
}

}  // namespace kasane::resolver::solver
