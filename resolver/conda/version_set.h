#pragma once

#include <string_view>
#include <vector>

#include "resolver/conda/version.h"

namespace kasane::resolver {

/// A set of version keys: sorted, disjoint intervals that do not touch.
class VersionSet {
 public:
  static VersionSet none() { return {}; }
  static VersionSet all();
  static VersionSet of(KeyInterval interval);
  static VersionSet exactly(const CondaVersion& version);
  static VersionSet below(const CondaVersion& version);
  static VersionSet above(const CondaVersion& version);

  bool contains(std::string_view key) const;
  bool is_all() const;
  bool empty() const { return intervals_.empty(); }
  VersionSet complement() const;
  VersionSet operator|(const VersionSet& other) const;
  VersionSet operator&(const VersionSet& other) const;
  const std::vector<KeyInterval>& intervals() const { return intervals_; }
  bool operator==(const VersionSet&) const = default;

 private:
  std::vector<KeyInterval> intervals_;
};

}  // namespace kasane::resolver
