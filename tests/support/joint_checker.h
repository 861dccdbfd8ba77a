#pragma once

#include <map>
#include <string>
#include <vector>

#include "resolver/conda/virtual_packages.h"
#include "resolver/lock/lock.h"
#include "tests/support/conda_checker.h"

namespace kasane::test {

/// Looks at a solution of conda packages and Python distributions with the records' JSON, the text
/// of METADATA, and rules of single requirements: it shares no code with what chooses.
class JointChecker {
 public:
  explicit JointChecker(const CondaChecker& conda) : conda_(conda) {}

  /// A wheel that indexes have, and its METADATA.
  void add_wheel(const std::string& file_name, const std::string& metadata) {
    wheels_[file_name] = metadata;
  }

  /// What is wrong, one line each: all that CondaChecker finds on conda's side; wheels that nobody
  /// has or that the Python cannot take; requirements that neither side meets; distributions that
  /// come from both; those that nobody asks for. Extras hold for what is requested with them.
  std::vector<std::string> check(const std::vector<std::string>& conda_requests,
                                 const std::vector<std::string>& pip_requests,
                                 const resolver::VirtualPackages& virtual_packages,
                                 const std::vector<resolver::LockedPackage>& packages) const;

 private:
  class Run;
  const CondaChecker& conda_;
  std::map<std::string, std::string> wheels_;
};

}  // namespace kasane::test
