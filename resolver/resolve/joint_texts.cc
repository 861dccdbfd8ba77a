#include "resolver/resolve/joint_texts.h"

namespace kasane::resolver {

using Side = JointProvider::Side;
using SetKind = JointProvider::SetKind;

solver::StoryTexts& JointTexts::of(Side side) {
  if (side == Side::kConda) return conda_;
  return pypi_;
}

std::string JointTexts::name(solver::PackageId package) {
  return of(JointProvider::side(package)).name(JointProvider::inner(package));
}

std::string JointTexts::text(solver::VersionSetId set) {
  switch (JointProvider::kind(set)) {
    case SetKind::kConda:
      return conda_.text(JointProvider::inner(set));
    case SetKind::kPypi:
      return pypi_.text(JointProvider::inner(set));
    case SetKind::kLink:
      break;
  }
  return joint_.link_text(set);
}

std::string JointTexts::origin(solver::VersionSetId set) {
  switch (JointProvider::kind(set)) {
    case SetKind::kConda:
      return conda_.origin(JointProvider::inner(set));
    case SetKind::kPypi:
      return pypi_.origin(JointProvider::inner(set));
    case SetKind::kLink:
      break;
  }
  return "";
}

std::vector<solver::CandidateId> JointTexts::candidates(solver::PackageId package) {
  const auto ordered = joint_.candidates(package).ordered;
  return {ordered.begin(), ordered.end()};
}

std::string JointTexts::version(solver::CandidateId candidate) {
  return of(JointProvider::side(candidate)).version(JointProvider::inner(candidate));
}

std::weak_ordering JointTexts::compare_versions(solver::CandidateId a, solver::CandidateId b) {
  return of(JointProvider::side(a))
      .compare_versions(JointProvider::inner(a), JointProvider::inner(b));
}

std::string JointTexts::why_not(solver::CandidateId candidate) {
  return of(JointProvider::side(candidate)).why_not(JointProvider::inner(candidate));
}

std::string JointTexts::hint_for_missing(solver::PackageId package) {
  return of(JointProvider::side(package)).hint_for_missing(JointProvider::inner(package));
}

std::string JointTexts::hint_for_empty(solver::VersionSetId set) {
  return JointProvider::kind(set) == SetKind::kConda
             ? conda_.hint_for_empty(JointProvider::inner(set))
             : "";
}

}  // namespace kasane::resolver
