#pragma once

#include <bit>
#include <cstdint>

/// Sets of small numbers as rows of words. All rows of one variable have the same length; bits past
/// the last member are zero.
namespace kasane::resolver::solver::bits {

using Word = std::uint64_t;
inline constexpr std::uint32_t kNone = UINT32_MAX;

constexpr std::uint32_t words_for(std::uint32_t count) { return (count + 63) / 64; }

inline bool test(const Word* row, std::uint32_t bit) { return (row[bit / 64] >> (bit % 64)) & 1; }
inline void set(Word* row, std::uint32_t bit) { row[bit / 64] |= Word{1} << (bit % 64); }

/// A row, or with `negated` all that is not in it.
struct View {
  const Word* words;
  bool negated = false;
  Word word(std::uint32_t i) const { return negated ? ~words[i] : words[i]; }
  bool has(std::uint32_t bit) const { return test(words, bit) != negated; }
};

inline bool subset(const Word* row, View of, std::uint32_t words) {
  for (std::uint32_t i = 0; i < words; ++i) {
    if (row[i] & ~of.word(i)) return false;
  }
  return true;
}

inline std::uint32_t first_common(const Word* row, View other, std::uint32_t words) {
  for (std::uint32_t i = 0; i < words; ++i) {
    if (const Word common = row[i] & other.word(i)) return i * 64 + std::countr_zero(common);
  }
  return kNone;
}

inline std::uint32_t first_outside(const Word* row, View other, std::uint32_t words) {
  return first_common(row, View{other.words, !other.negated}, words);
}

inline std::uint32_t first(const Word* row, std::uint32_t words) {
  for (std::uint32_t i = 0; i < words; ++i) {
    if (row[i]) return i * 64 + std::countr_zero(row[i]);
  }
  return kNone;
}

/// Whether exactly one bit is set.
inline bool single(const Word* row, std::uint32_t words) {
  bool found = false;
  for (std::uint32_t i = 0; i < words; ++i) {
    if (row[i] == 0) continue;
    if (found || !std::has_single_bit(row[i])) return false;
    found = true;
  }
  return found;
}

template <class Visit>
void for_each(const Word* row, std::uint32_t words, Visit visit) {
  for (std::uint32_t i = 0; i < words; ++i) {
    for (Word rest = row[i]; rest != 0; rest &= rest - 1) visit(i * 64 + std::countr_zero(rest));
  }
}

}  // namespace kasane::resolver::solver::bits
