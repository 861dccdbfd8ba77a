#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "resolver/conda/virtual_packages.h"
#include "resolver/lock/lock.h"

namespace kasane::test {

/// Looks at the solution of a conda request with nothing but the records' JSON and MatchSpec: it
/// shares no code with what chooses candidates.
class CondaChecker {
 public:
  CondaChecker();
  ~CondaChecker();

  /// `url` is the directory of the repodata, with a slash at its end.
  void add_repodata(std::string_view url, std::string_view json);

  /// What is wrong, one line each: packages that nobody has, two of one name, requests and
  /// dependencies that are not met, constraints that are broken, packages that nobody asks for.
  std::vector<std::string> check(const std::vector<std::string>& requests,
                                 const resolver::VirtualPackages& virtual_packages,
                                 const std::vector<resolver::LockedPackage>& packages) const;

 private:
  struct Record;
  class Run;
  std::map<std::string, Record> records_;
};

}  // namespace kasane::test
