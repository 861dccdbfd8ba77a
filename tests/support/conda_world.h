#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "resolver/resolve/solve_conda.h"
#include "tests/support/conda_checker.h"
#include "tests/support/index_source.h"
#include "tests/support/temporary_directory.h"

namespace kasane::test {

/// A record in a line: `{"numpy 1.26.4 py312_0", {"python >=3.12,<3.13"}}`. The build number is
/// what follows the build's last `_`.
struct CondaLine {
  std::string what;
  std::vector<std::string> depends = {};
  std::vector<std::string> constrains = {};
  std::string track_features = "";
  std::int64_t timestamp_ms = 0;
  std::string subdir = "linux-64";
  bool tar_bz2 = false;
};

/// Channels that tests make up, or that are read from real repodata, as sources of records and for
/// a checker of solutions.
class CondaWorld {
 public:
  CondaWorld();
  ~CondaWorld();

  /// Channels are added in the order of their priority.
  void add_channel(const std::string& name, const std::vector<CondaLine>& lines);
  void add_repodata(const std::string& channel, const std::string& subdir, const std::string& json);

  resolver::CondaQuestion question(const std::vector<std::string>& requests) const;
  resolver::CondaAnswer solve(const resolver::CondaQuestion& question);
  /// `name=version=build` of what is chosen, in order of names; checked.
  std::vector<std::string> chosen(const std::vector<std::string>& requests);
  std::vector<std::string> chosen(const resolver::CondaQuestion& question);
  /// The error of a request that cannot be satisfied, as people see it.
  std::string story(const std::vector<std::string>& requests);
  std::string story(const resolver::CondaQuestion& question);

  std::vector<resolver::ChannelRecords> channels();
  IndexSource& source(const std::string& channel, const std::string& subdir);
  const CondaChecker& checker() const { return checker_; }

 private:
  struct Opened {
    resolver::Channel channel;
    std::vector<std::unique_ptr<IndexSource>> subdirs;
  };
  Opened& opened(const std::string& channel);

  testing::TemporaryDirectory directory_;
  std::deque<Opened> channels_;
  CondaChecker checker_;
};

/// The repodata of one subdir.
std::string repodata_of(const std::vector<CondaLine>& lines, const std::string& subdir);

}  // namespace kasane::test
