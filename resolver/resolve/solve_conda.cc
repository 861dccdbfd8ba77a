#include "resolver/resolve/solve_conda.h"

#include <algorithm>

#include "base/error.h"
#include "resolver/resolve/conda_problem.h"
#include "resolver/solver/conflict_story.h"

namespace kasane::resolver {

CondaAnswer solve_conda(const CondaQuestion& question, std::vector<ChannelRecords> channels) {
  CondaProblem conda(question, std::move(channels));
  const solver::Outcome outcome = solver::solve(conda.provider(), conda.problem());
  if (const auto* conflict = std::get_if<solver::Conflict>(&outcome.result)) {
    refuse(*conflict, conda.texts());
  }
  CondaAnswer answer;
  answer.effort = outcome.effort;
  for (const solver::Choice& choice : std::get<solver::Solution>(outcome.result).choices) {
    if (auto package = conda.locked(choice.candidate)) {
      answer.packages.push_back(std::move(*package));
    }
  }
  std::sort(answer.packages.begin(), answer.packages.end(),
            [](const auto& a, const auto& b) { return a.name < b.name; });
  answer.warnings = conda.warnings();
  return answer;
}

void refuse(const solver::Conflict& conflict, solver::StoryTexts& texts) {
  solver::Story story = solver::tell(conflict, texts);
  Error error(ErrorKind::kUnsatisfiable, std::move(story.text));
  throw story.hint.empty() ? error : Error(std::move(error)).hint(std::move(story.hint));
}

}  // namespace kasane::resolver
