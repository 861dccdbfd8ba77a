#include "resolver/solver/domains.h"

#include <algorithm>

namespace kasane::resolver::solver {

Variable Domains::add(std::uint32_t candidates) {
  const std::uint32_t words = bits::words_for(candidates + 1);
  const auto offset = static_cast<std::uint32_t>(now_.size());
  variables_.push_back({offset, words, candidates});
  for (std::uint32_t i = 0; i < words; ++i) {
    const std::uint32_t rest = candidates + 1 - i * 64;
    const bits::Word word = rest >= 64 ? ~bits::Word{0} : (bits::Word{1} << rest) - 1;
    now_.push_back(word);
    base_.push_back(word);
  }
  return Variable(size() - 1);
}

void Domains::push(Variable v, NogoodId reason) {
  Row& row = variables_[v.value()];
  trail_.push_back({v, level(), row.last, reason, static_cast<std::uint32_t>(saved_.size())});
  row.last = trail_size() - 1;
  const bits::Word* words = now(v);
  saved_.insert(saved_.end(), words, words + row.words);
}

void Domains::remove(Variable v, bits::View set, NogoodId reason) {
  const Row& row = at(v);
  if (level() > 0) push(v, reason);
  for (std::uint32_t i = 0; i < row.words; ++i) {
    now_[row.offset + i] &= ~set.word(i);
    if (level() == 0) base_[row.offset + i] = now_[row.offset + i];
  }
}

void Domains::exclude(Variable v, bits::View set) {
  const Row& row = at(v);
  for (std::uint32_t i = 0; i < row.words; ++i) {
    base_[row.offset + i] &= ~set.word(i);
    now_[row.offset + i] = base_[row.offset + i];
  }
}

void Domains::decide(Variable v, std::uint32_t bit) {
  level_start_.push_back(trail_size());
  push(v, NogoodId::none());
  bits::Word* row = now_.data() + at(v).offset;
  std::fill(row, row + at(v).words, bits::Word{0});
  bits::set(row, bit);
}

void Domains::backtrack(std::uint32_t level) {
  if (level >= this->level()) return;
  const std::uint32_t size = level_start_[level];
  for (std::uint32_t i = trail_size(); i-- > size;) {
    const Entry& entry = trail_[i];
    Row& row = variables_[entry.variable.value()];
    std::copy_n(saved_.data() + entry.saved, row.words, now_.data() + row.offset);
    row.last = entry.previous;
    saved_.resize(entry.saved);
  }
  trail_.resize(size);
  level_start_.resize(level);
}

const bits::Word* Domains::at_level_start(Variable v) const {
  const bits::Word* row = now(v);
  for (std::uint32_t i = at(v).last; i != kNoEntry && trail_[i].level == level();) {
    row = before(trail_[i]);
    i = trail_[i].previous;
  }
  return row;
}

std::uint32_t Domains::level_within(Variable v, bits::View set) const {
  std::uint32_t i = at(v).last;
  while (i != kNoEntry && bits::subset(before(trail_[i]), set, at(v).words)) i = trail_[i].previous;
  return i == kNoEntry ? 0 : trail_[i].level;
}

}  // namespace kasane::resolver::solver
