#include <algorithm>
#include <random>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "tests/support/conda_world.h"

namespace kasane::test {
namespace {

using resolver::MatchSpec;

/// Small random channels, and whether a request over them has a solution, found by trying
/// everything. Looks at texts and MatchSpec alone.
class RandomWorld {
 public:
  explicit RandomWorld(unsigned seed) : random_(seed) {
    for (int package = 0; package < kPackages; ++package) {
      const int versions = 1 + pick(3);
      for (int version = 1; version <= versions; ++version) add_line(package, version);
    }
    for (int i = 0; i < 2 + pick(2); ++i) requests_.push_back(demand(pick(kPackages)));
  }

  const std::vector<CondaLine>& lines() const { return lines_; }
  const std::vector<std::string>& requests() const { return requests_; }

  bool has_solution() const {
    std::vector<const CondaLine*> chosen(kPackages, nullptr);
    return try_from(0, chosen);
  }

  std::vector<CondaLine> shuffled(unsigned seed) const {
    std::vector<CondaLine> lines = lines_;
    std::mt19937 random(seed);
    std::shuffle(lines.begin(), lines.end(), random);
    return lines;
  }

 private:
  static constexpr int kPackages = 5;

  int pick(int below) { return static_cast<int>(random_() % static_cast<unsigned>(below)); }

  std::string demand(int package) {
    static constexpr const char* kForms[] = {"",         " 1.*",    " >=2",   " <2", " !=2.0",
                                             " 2.0|3.0", " >=1,<3", " * *_1", " 3.0"};
    return fmt::format("p{}{}", package, kForms[pick(std::size(kForms))]);
  }

  void add_line(int package, int version) {
    const int builds = 1 + pick(2);
    for (int build = 0; build < builds; ++build) {
      CondaLine line{fmt::format("p{} {}.0 h_{}", package, version, build)};
      for (int other = 0; other < kPackages; ++other) {
        if (other == package) continue;
        const int kind = pick(8);
        if (kind < 2) line.depends.push_back(demand(other));
        if (kind == 2) line.constrains.push_back(demand(other));
      }
      if (pick(6) == 0) line.depends.push_back(pick(2) == 0 ? "__glibc >=2.17" : "__cuda");
      if (pick(8) == 0) line.track_features = "f";
      if (pick(8) == 0) line.subdir = "noarch";
      line.timestamp_ms = 1'600'000'000'000 + pick(3);
      lines_.push_back(std::move(line));
    }
  }

  bool try_from(int package, std::vector<const CondaLine*>& chosen) const {
    if (package == kPackages) return holds(chosen);
    chosen[static_cast<std::size_t>(package)] = nullptr;
    if (try_from(package + 1, chosen)) return true;
    for (const CondaLine& line : lines_) {
      if (!line.what.starts_with(fmt::format("p{} ", package))) continue;
      chosen[static_cast<std::size_t>(package)] = &line;
      if (try_from(package + 1, chosen)) return true;
    }
    return false;
  }

  bool holds(const std::vector<const CondaLine*>& chosen) const {
    const auto met = [&](const std::string& text, bool if_absent) {
      return is_met(text, if_absent, chosen);
    };
    for (const std::string& request : requests_) {
      if (!met(request, false)) return false;
    }
    for (const CondaLine* line : chosen) {
      if (line == nullptr) continue;
      for (const std::string& text : line->depends) {
        if (!met(text, false)) return false;
      }
      for (const std::string& text : line->constrains) {
        if (!met(text, true)) return false;
      }
    }
    return true;
  }

  bool is_met(const std::string& text, bool if_absent,
              const std::vector<const CondaLine*>& chosen) const {
    if (text.starts_with("__")) return text.starts_with("__glibc");
    const CondaLine* line = chosen[static_cast<std::size_t>(text[1] - '0')];
    if (line == nullptr) return if_absent;
    auto& known = matches_[{line, text}];
    if (!known) {
      const std::size_t first = line->what.find(' ');
      const std::size_t second = line->what.find(' ', first + 1);
      const std::string version = line->what.substr(first + 1, second - first - 1);
      const auto parsed = resolver::CondaVersion::parse(version);
      resolver::RecordFields fields;
      fields.name = std::string_view(line->what).substr(0, first);
      fields.version = version;
      fields.version_key = parsed.key();
      fields.build = std::string_view(line->what).substr(second + 1);
      known = MatchSpec::parse(text).matches(fields);
    }
    return *known;
  }

  std::mt19937 random_;
  std::vector<CondaLine> lines_;
  std::vector<std::string> requests_;
  mutable std::map<std::pair<const CondaLine*, std::string>, std::optional<bool>> matches_;
};

/// What is chosen, one package to a word; or `none`.
std::string answer(const RandomWorld& random, const std::vector<CondaLine>& lines) {
  CondaWorld world;
  world.add_channel("main", lines);
  try {
    const auto chosen = world.chosen(random.requests());
    return fmt::format("{}", fmt::join(chosen, " "));
  } catch (const Error& error) {
    return error.kind() == ErrorKind::kUnsatisfiable ? "none" : error.render();
  }
}

TEST(CondaOracle, AgreesWithTryingEverythingWhateverTheOrderOfRecords) {
  int solved = 0;
  int refused = 0;
  for (unsigned seed = 1; seed <= 80; ++seed) {
    SCOPED_TRACE(seed);
    const RandomWorld random(seed);
    const std::string found = answer(random, random.lines());
    ASSERT_EQ(found != "none", random.has_solution()) << found;
    ASSERT_EQ(found.find("error"), std::string::npos) << found;
    ++(found == "none" ? refused : solved);
    ASSERT_EQ(answer(random, random.shuffled(seed)), found);
  }
  EXPECT_GT(solved, 15);
  EXPECT_GT(refused, 15);
}

}  // namespace
}  // namespace kasane::test
