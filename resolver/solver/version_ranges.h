#pragma once

#include <string>
#include <vector>

#include "resolver/solver/conflict_story.h"

namespace kasane::resolver::solver {

/// `members` by their versions, lowest first, neighbours collapsed: `1.20–1.24, 1.26`. Neighbours
/// are versions between which no other candidate of `among` lies. `among` includes the members.
std::string describe_versions(const std::vector<CandidateId>& members,
                              const std::vector<CandidateId>& among, StoryTexts& texts);

/// All that there is, one by one where that is little: `1.0.1, 3.4 and 3.5`, else
/// `1.20–2.3 (31 versions)`.
std::string list_versions(const std::vector<CandidateId>& candidates, StoryTexts& texts);

}  // namespace kasane::resolver::solver
