#include "resolver/conda/version_set.h"

#include <algorithm>

namespace kasane::resolver {
namespace {

/// No key begins with this byte, so it is above all.
constexpr std::string_view kTop = "\xff";

/// The key right after `key`.
std::string after(const std::string& key) { return key + '\0'; }

}  // namespace

VersionSet VersionSet::of(KeyInterval interval) {
  VersionSet out;
  if (interval.low < interval.high) out.intervals_.push_back(std::move(interval));
  return out;
}

VersionSet VersionSet::all() { return of({"", std::string(kTop)}); }

VersionSet VersionSet::exactly(const CondaVersion& version) {
  return of({version.key(), after(version.key())});
}

VersionSet VersionSet::below(const CondaVersion& version) { return of({"", version.key()}); }

VersionSet VersionSet::above(const CondaVersion& version) {
  return of({after(version.key()), std::string(kTop)});
}

bool VersionSet::contains(std::string_view key) const {
  const auto next = std::upper_bound(
      intervals_.begin(), intervals_.end(), key,
      [](std::string_view k, const KeyInterval& interval) { return k < interval.low; });
  return next != intervals_.begin() && key < std::prev(next)->high;
}

bool VersionSet::is_all() const {
  return intervals_.size() == 1 && intervals_[0].low.empty() && intervals_[0].high == kTop;
}

VersionSet VersionSet::complement() const {
  VersionSet out;
  std::string low;
  for (const KeyInterval& interval : intervals_) {
    if (low < interval.low) out.intervals_.push_back({low, interval.low});
    low = interval.high;
  }
  if (low < kTop) out.intervals_.push_back({low, std::string(kTop)});
  return out;
}

VersionSet VersionSet::operator|(const VersionSet& other) const {
  std::vector<KeyInterval> both = intervals_;
  both.insert(both.end(), other.intervals_.begin(), other.intervals_.end());
  std::sort(both.begin(), both.end(),
            [](const KeyInterval& a, const KeyInterval& b) { return a.low < b.low; });
  VersionSet out;
  for (KeyInterval& interval : both) {
    if (!out.intervals_.empty() && interval.low <= out.intervals_.back().high) {
      std::string& high = out.intervals_.back().high;
      high = std::max(high, interval.high);
    } else {
      out.intervals_.push_back(std::move(interval));
    }
  }
  return out;
}

VersionSet VersionSet::operator&(const VersionSet& other) const {
  return (complement() | other.complement()).complement();
}

}  // namespace kasane::resolver
