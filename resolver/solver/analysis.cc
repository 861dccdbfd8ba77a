#include "resolver/solver/analysis.h"

#include <algorithm>

namespace kasane::resolver::solver {

void ConflictAnalysis::reset() {
  rows_.resize(domains_.total_words());
  marks_.resize(domains_.size(), Mark::kUnseen);
  open_.resize(domains_.size());
  for (const Variable v : touched_) {
    marks_[v.value()] = Mark::kUnseen;
    open_[v.value()] = false;
  }
  touched_.clear();
  antecedents_.clear();
  open_count_ = 0;
  asserted_ = Variable::none();
}

void ConflictAnalysis::settle(Variable v) {
  const std::uint32_t words = domains_.words(v);
  bool open = false;
  if (bits::subset(domains_.base(v), view(v), words)) {
    marks_[v.value()] = Mark::kDropped;
    for (const NogoodId removed : removed_at_base_[v.value()]) {
      const bits::View gone = store_.view(store_.terms(removed)[0].set);
      if (!bits::subset(gone.words, view(v), words)) antecedents_.push_back(removed);
    }
  } else {
    open = !bits::subset(domains_.at_level_start(v), view(v), words);
  }
  if (open != open_[v.value()]) {
    open_[v.value()] = open;
    open_count_ += open ? 1 : -1;
  }
}

void ConflictAnalysis::take_in(NogoodId nogood, Variable except) {
  antecedents_.push_back(nogood);
  for (const Term& term : store_.terms(nogood)) {
    const Variable v = term.variable;
    if (v == except) continue;
    const bits::View set = store_.view(term.set);
    Mark& mark = marks_[v.value()];
    const bool member = mark == Mark::kMember;
    if (mark == Mark::kUnseen) touched_.push_back(v);
    mark = Mark::kMember;
    for (std::uint32_t i = 0; i < domains_.words(v); ++i) {
      row(v)[i] = member ? row(v)[i] & set.word(i) : set.word(i);
    }
    settle(v);
  }
}

void ConflictAnalysis::resolve(const Domains::Entry& entry) {
  const Variable v = entry.variable;
  for (const Term& term : store_.terms(entry.reason)) {
    if (term.variable != v) continue;
    const bits::View set = store_.view(term.set);
    for (std::uint32_t i = 0; i < domains_.words(v); ++i) row(v)[i] |= set.word(i);
  }
  settle(v);
  take_in(entry.reason, v);
}

void ConflictAnalysis::walk_back() {
  for (std::uint32_t i = domains_.trail_size(); i-- > 0 && open_count_ > 0;) {
    const Domains::Entry& entry = domains_.entry(i);
    const Variable v = entry.variable;
    if (marks_[v.value()] != Mark::kMember) continue;
    if (bits::subset(domains_.before(entry), view(v), domains_.words(v))) continue;
    if (open_count_ == 1) {
      asserted_ = v;
      return;
    }
    resolve(entry);
  }
}

Lesson ConflictAnalysis::lesson() {
  Lesson lesson;
  lesson.antecedents = antecedents_;
  std::sort(lesson.antecedents.begin(), lesson.antecedents.end());
  lesson.antecedents.erase(std::unique(lesson.antecedents.begin(), lesson.antecedents.end()),
                           lesson.antecedents.end());
  for (const Variable v : touched_) {
    if (marks_[v.value()] != Mark::kMember) continue;
    lesson.terms.push_back({v, store_.keep_set(row(v), domains_.words(v))});
    if (v == asserted_) {
      std::swap(lesson.terms.front(), lesson.terms.back());
      continue;
    }
    const std::uint32_t level = domains_.level_within(v, view(v));
    if (level <= lesson.level) continue;
    lesson.level = level;
  }
  return lesson;
}

Lesson ConflictAnalysis::run(NogoodId conflict,
                             std::span<const std::vector<NogoodId>> removed_at_base) {
  reset();
  removed_at_base_ = removed_at_base;
  take_in(conflict, Variable::none());
  walk_back();
  return lesson();
}

}  // namespace kasane::resolver::solver
