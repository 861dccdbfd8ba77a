#pragma once

#include <string>
#include <vector>

#include "resolver/resolve/solve_joint.h"
#include "tests/support/conda_world.h"
#include "tests/support/joint_checker.h"
#include "tests/support/memory_distributions.h"

namespace kasane::test {

/// A wheel in a line: `{"torch 2.1.0", {"numpy <2"}, {"cp311-cp311-manylinux2014_x86_64"}}`. One
/// file for each tag.
struct WheelLine {
  std::string what;
  std::vector<std::string> requires_dist = {};
  std::vector<std::string> tags = {"py3-none-any"};
  std::string requires_python = "";
};

/// Channels and an index that tests make up. Solutions are checked.
class JointWorld {
 public:
  CondaWorld& conda() { return conda_; }
  MemoryDistributions& index() { return index_; }
  void add_wheels(const std::vector<WheelLine>& lines);
  /// Pythons of these versions with pip, setuptools and wheel, in conda-forge.
  void add_pythons(const std::vector<std::string>& versions,
                   const std::vector<CondaLine>& more = {});

  /// `conda` are MatchSpecs, `pip` requirements, of a file `environment.yml`: conda's in its first
  /// lines, pip's from line 21 on.
  resolver::JointQuestion question(const std::vector<std::string>& conda,
                                   const std::vector<std::string>& pip) const;
  /// `numpy=1.26.4` and `demo==1.0` of what is chosen, conda's first, without what conda needs for
  /// Python and pip.
  std::vector<std::string> chosen(const std::vector<std::string>& conda,
                                  const std::vector<std::string>& pip);
  std::vector<std::string> chosen(const resolver::JointQuestion& question);
  /// The error of what cannot be satisfied, as people see it.
  std::string story(const std::vector<std::string>& conda, const std::vector<std::string>& pip);
  resolver::CondaAnswer solve(const resolver::JointQuestion& question);
  const JointChecker& checker() const { return checker_; }

 private:
  CondaWorld conda_;
  MemoryDistributions index_;
  JointChecker checker_{conda_.checker()};
};

}  // namespace kasane::test
