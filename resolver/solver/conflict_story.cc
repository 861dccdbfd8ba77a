#include "resolver/solver/conflict_story.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>

#include <fmt/format.h>

#include "resolver/solver/version_ranges.h"

namespace kasane::resolver::solver {

namespace {

using CandidateSet = std::set<CandidateId>;

CandidateSet to_set(const std::vector<CandidateId>& candidates) {
  return {candidates.begin(), candidates.end()};
}

std::vector<CandidateId> to_list(const CandidateSet& candidates) {
  return {candidates.begin(), candidates.end()};
}

CandidateSet intersection(const CandidateSet& a, const CandidateSet& b) {
  CandidateSet both;
  std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::inserter(both, both.end()));
  return both;
}

bool requires_presence(const ConflictFact& fact) {
  return fact.kind == FactKind::kRequested || fact.kind == FactKind::kRequires;
}

bool restricts(const ConflictFact& fact) {
  return requires_presence(fact) || fact.kind == FactKind::kConstrains ||
         fact.kind == FactKind::kPinned || fact.kind == FactKind::kLocked;
}

class Teller {
 public:
  Teller(const Conflict& conflict, StoryTexts& texts) : facts_(conflict.facts), texts_(texts) {
    told_.resize(facts_.size());
  }

  Story tell() {
    for (const ConflictFact& fact : facts_) {
      if (fact.kind == FactKind::kRequested) tell_request(fact);
    }
    for (const ConflictFact& fact : facts_) {
      if (fact.kind == FactKind::kPinned) tell_pin(fact);
      if (fact.kind == FactKind::kLocked) tell_lock(fact);
    }
    tell_meeting_points();
    if (hint_.empty()) hint_ = hint_to_relax();
    return {render(), hint_};
  }

 private:
  /// Facts of one package that speak alike of the same other package, told in one line.
  struct Bundle {
    std::vector<std::size_t> facts;
    CandidateSet candidates;
  };

  void say(std::size_t depth, std::string line) {
    lines_.push_back(std::string(2 * depth, ' ') + std::move(line));
  }

  std::string quoted(const CandidateGroup& group) {
    if (group.set) return fmt::format("`{}`", texts_.text(group.set));
    return fmt::format("`{} {}`", texts_.name(group.package),
                       texts_.version(group.candidates.front()));
  }

  std::string alternatives(const ConflictFact& fact) {
    std::string text;
    for (const CandidateGroup& group : fact.groups) {
      text += (text.empty() ? "" : " or ") + quoted(group);
    }
    for (const CandidateGroup& group : fact.condition) {
      text += fmt::format(" where {} is chosen", quoted(group));
    }
    return text;
  }

  std::string from(const ConflictFact& fact) {
    const std::string origin = fact.groups.empty() ? "" : texts_.origin(fact.groups[0].set);
    return origin.empty() ? "" : fmt::format(" ({})", origin);
  }

  /// What is missing, where nothing at all can satisfy the fact.
  std::string lack(const ConflictFact& fact) {
    std::string text;
    for (const CandidateGroup& group : fact.groups) {
      if (!group.candidates.empty()) return "";
    }
    for (const CandidateGroup& group : fact.groups) {
      const std::vector<CandidateId> all = texts_.candidates(group.package);
      if (hint_.empty()) {
        hint_ =
            all.empty() ? texts_.hint_for_missing(group.package) : texts_.hint_for_empty(group.set);
      }
      text += text.empty() ? ", but there is " : ", and ";
      text += all.empty() ? fmt::format("no package `{}`", texts_.name(group.package))
                          : fmt::format("only {} {}", texts_.name(group.package),
                                        list_versions(all, texts_));
    }
    return text;
  }

  void tell_request(const ConflictFact& fact) {
    say(1, alternatives(fact) + from(fact) + " was asked for" + lack(fact));
    for (const CandidateGroup& group : fact.groups) tell_package(group, 2);
  }

  void tell_pin(const ConflictFact& fact) {
    say(1, alternatives(fact) + from(fact) + " is pinned");
  }

  void tell_lock(const ConflictFact& fact) { say(1, alternatives(fact) + " is locked"); }

  /// What the group's candidates say, as far as that has not been told.
  void tell_package(const CandidateGroup& group, std::size_t depth) {
    const CandidateSet reached = to_set(group.candidates);
    for (const Bundle& bundle : bundles(group.package, reached)) {
      tell_bundle(bundle, group, depth);
    }
  }

  std::vector<Bundle> bundles(PackageId package, const CandidateSet& reached) {
    std::vector<Bundle> found;
    std::map<std::string, std::size_t> by_kind;
    for (std::size_t i = 0; i < facts_.size(); ++i) {
      const ConflictFact& fact = facts_[i];
      if (fact.subject != package || fact.kind == FactKind::kLocked) continue;
      CandidateSet fresh = intersection(to_set(fact.candidates), reached);
      for (const CandidateId told : told_[i]) fresh.erase(told);
      if (fresh.empty()) continue;
      told_[i].insert(fresh.begin(), fresh.end());
      const auto [at, added] = by_kind.emplace(bundle_key(fact), found.size());
      if (added) found.emplace_back();
      found[at->second].facts.push_back(i);
      found[at->second].candidates.insert(fresh.begin(), fresh.end());
    }
    return found;
  }

  std::string bundle_key(const ConflictFact& fact) {
    if (!restricts(fact)) return fmt::format("{}", static_cast<int>(fact.kind));
    std::string key = fmt::format("{}", static_cast<int>(fact.kind));
    for (const CandidateGroup& group : fact.groups) key += "|" + texts_.name(group.package);
    for (const CandidateGroup& group : fact.condition) key += "?" + texts_.name(group.package);
    return key;
  }

  void tell_bundle(const Bundle& bundle, const CandidateGroup& among, std::size_t depth) {
    const ConflictFact& first = facts_[bundle.facts.front()];
    if (!restricts(first)) {
      tell_exclusion(bundle, among, depth);
      return;
    }
    constexpr std::size_t kMostApart = 2;
    if (bundle.facts.size() > kMostApart) {
      tell_together(bundle, among, depth);
      return;
    }
    for (const std::size_t index : bundle.facts) {
      const ConflictFact& fact = facts_[index];
      const CandidateSet speakers = intersection(to_set(fact.candidates), to_set(among.candidates));
      say(depth, fmt::format("{} {} {}{}", subject(among, speakers), verb(fact), alternatives(fact),
                             requires_presence(fact) ? lack(fact) : ""));
      if (!requires_presence(fact)) continue;
      for (const CandidateGroup& group : fact.groups) tell_package(group, depth + 1);
    }
  }

  std::string subject(const CandidateGroup& among, const CandidateSet& speakers) {
    return fmt::format("{} {}", texts_.name(among.package),
                       describe_versions(to_list(speakers), among.candidates, texts_));
  }

  static std::string_view verb(const ConflictFact& fact) {
    return fact.kind == FactKind::kConstrains ? "goes only with" : "needs";
  }

  void tell_together(const Bundle& bundle, const CandidateGroup& among, std::size_t depth) {
    constexpr std::size_t kExamples = 3;
    std::string examples;
    std::map<PackageId, CandidateSet> reached;
    std::vector<PackageId> order;
    for (std::size_t i = 0; i < bundle.facts.size(); ++i) {
      const ConflictFact& fact = facts_[bundle.facts[i]];
      if (i < kExamples) examples += (i == 0 ? "" : ", ") + alternatives(fact);
      if (i == kExamples) examples += ", …";
      for (const CandidateGroup& group : fact.groups) {
        if (!reached.contains(group.package)) order.push_back(group.package);
        reached[group.package].insert(group.candidates.begin(), group.candidates.end());
      }
    }
    const ConflictFact& first = facts_[bundle.facts.front()];
    say(depth, fmt::format("{} {} one of {} different sets of `{}`: {}",
                           subject(among, bundle.candidates), verb(first), bundle.facts.size(),
                           texts_.name(first.groups[0].package), examples));
    if (!requires_presence(first)) return;
    for (const PackageId package : order) {
      tell_package({package, VersionSetId::none(), in_order(package, reached[package])}, depth + 1);
    }
  }

  std::vector<CandidateId> in_order(PackageId package, const CandidateSet& candidates) {
    std::vector<CandidateId> ordered;
    for (const CandidateId candidate : texts_.candidates(package)) {
      if (candidates.contains(candidate)) ordered.push_back(candidate);
    }
    return ordered;
  }

  void tell_exclusion(const Bundle& bundle, const CandidateGroup& among, std::size_t depth) {
    std::vector<std::string> reasons;
    std::map<std::string, CandidateSet> by_reason;
    for (const CandidateId candidate : in_order(among.package, bundle.candidates)) {
      const std::string reason = texts_.why_not(candidate);
      if (!by_reason.contains(reason)) reasons.push_back(reason);
      by_reason[reason].insert(candidate);
    }
    for (const std::string& reason : reasons) {
      say(depth, fmt::format("{} cannot be used: {}", subject(among, by_reason[reason]), reason));
    }
  }

  /// Packages of which the demands, taken together, leave nothing.
  void tell_meeting_points() {
    std::vector<PackageId> order;
    std::map<PackageId, std::vector<const CandidateGroup*>> demands;
    for (const ConflictFact& fact : facts_) {
      if (!restricts(fact) || fact.groups.size() != 1) continue;
      const CandidateGroup& group = fact.groups[0];
      if (!demands.contains(group.package)) order.push_back(group.package);
      demands[group.package].push_back(&group);
    }
    for (const PackageId package : order) tell_meeting_point(package, demands[package]);
  }

  void tell_meeting_point(PackageId package, const std::vector<const CandidateGroup*>& demands) {
    constexpr std::size_t kMostSets = 4;
    std::vector<const CandidateGroup*> apart;
    for (const CandidateGroup* group : demands) {
      if (group->candidates.empty()) return;
      const bool known = std::any_of(apart.begin(), apart.end(), [&](const auto* other) {
        return other->candidates == group->candidates;
      });
      if (!known) apart.push_back(group);
    }
    if (apart.size() < 2 || apart.size() > kMostSets) return;
    if (is_needed_each(apart)) {
      endings_.push_back(
          fmt::format("  no {} fits {}", texts_.name(package), listed(apart, "and")));
    } else if (const auto* odd = at_odds_with_all(apart)) {
      std::erase(apart, odd);
      endings_.push_back(fmt::format("  no {} fits {} together with {}", texts_.name(package),
                                     quoted(*odd), listed(apart, "or")));
    }
  }

  static CandidateSet common(const std::vector<const CandidateGroup*>& groups,
                             const CandidateGroup* left_out) {
    const CandidateGroup* first = groups[groups.front() == left_out ? 1 : 0];
    CandidateSet left = to_set(first->candidates);
    for (const CandidateGroup* group : groups) {
      if (group != left_out) left = intersection(left, to_set(group->candidates));
    }
    return left;
  }

  /// Whether the groups have nothing in common, but would without any single one of them.
  static bool is_needed_each(const std::vector<const CandidateGroup*>& groups) {
    return common(groups, nullptr).empty() &&
           std::none_of(groups.begin(), groups.end(),
                        [&](const auto* group) { return common(groups, group).empty(); });
  }

  static const CandidateGroup* at_odds_with_all(const std::vector<const CandidateGroup*>& groups) {
    for (const CandidateGroup* one : groups) {
      const bool at_odds = std::all_of(groups.begin(), groups.end(), [&](const auto* other) {
        return other == one || common({one, other}, nullptr).empty();
      });
      if (at_odds) return one;
    }
    return nullptr;
  }

  std::string listed(const std::vector<const CandidateGroup*>& groups, std::string_view last) {
    std::string text;
    for (std::size_t i = 0; i < groups.size(); ++i) {
      if (i > 0) text += i + 1 == groups.size() ? fmt::format(" {} ", last) : ", ";
      text += quoted(*groups[i]);
    }
    return text;
  }

  std::string hint_to_relax() {
    std::string text;
    std::size_t count = 0;
    for (const ConflictFact& fact : facts_) {
      const bool asked = fact.kind == FactKind::kRequested || fact.kind == FactKind::kPinned;
      if (!asked && fact.kind != FactKind::kLocked) continue;
      if (++count > 3) return "relax or remove one of the specifications above";
      text += (text.empty() ? "" : " or ") + alternatives(fact);
    }
    return count == 0 ? "" : fmt::format("relax or remove {}", text);
  }

  std::string render() {
    const std::size_t most = Story::kMaxLines - 1 - std::min<std::size_t>(endings_.size(), 3);
    endings_.resize(std::min<std::size_t>(endings_.size(), 3));
    if (lines_.size() > most) {
      const std::size_t hidden = lines_.size() - most + 1;
      lines_.resize(most - 1);
      lines_.push_back(fmt::format("  … and {} lines more of this kind", hidden));
    }
    std::string text = "the specification cannot be satisfied:";
    for (const std::string& line : lines_) text += "\n" + line;
    for (const std::string& line : endings_) text += "\n" + line;
    return text;
  }

  const std::vector<ConflictFact>& facts_;
  StoryTexts& texts_;
  std::vector<CandidateSet> told_;
  std::vector<std::string> lines_;
  std::vector<std::string> endings_;
  std::string hint_;
};

}  // namespace

Story tell(const Conflict& conflict, StoryTexts& texts) { return Teller(conflict, texts).tell(); }

}  // namespace kasane::resolver::solver
