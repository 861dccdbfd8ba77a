#pragma once

#include <deque>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "resolver/pypi/distribution_source.h"

namespace kasane::test {

/// Python distributions in memory, for solving without an index.
class MemoryDistributions final : public resolver::pypi::DistributionSource {
 public:
  struct File {
    std::string name;
    /// Headers of its METADATA besides name and version.
    std::string metadata = {};
    std::string requires_python = {};
    bool yanked = false;
  };

  void add(const std::string& project, const std::string& version, const File& file);

  const resolver::pypi::ProjectFiles& files(std::string_view project) override;
  const resolver::pypi::Metadata& metadata(std::string_view project,
                                           const resolver::pypi::DistributionFile& file) override;

  Digest sha256(std::string_view project, const resolver::pypi::DistributionFile& file) override;

  /// File names whose metadata was asked for.
  const std::set<std::string>& asked() const { return asked_; }

 private:
  std::map<std::string, resolver::pypi::ProjectFiles, std::less<>> projects_;
  std::map<std::string, resolver::pypi::Metadata> metadata_;
  std::set<std::string> asked_;
  resolver::pypi::ProjectFiles none_;
};

}  // namespace kasane::test
