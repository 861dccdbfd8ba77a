#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>

#include "resolver/pypi/distribution_source.h"

namespace kasane::resolver::pypi {

/// Another source, of which for some projects only files with certain digests are taken (pip's
/// `--hash`), or one file that was named by where it is. Borrows it.
class NarrowedSource final : public DistributionSource {
 public:
  explicit NarrowedSource(DistributionSource& inner) : inner_(inner) {}

  /// Before the first question: of this project files with this digest are taken too, and none
  /// without one. `hash` is `sha256:HEX`, or of another algorithm, in lower case.
  void allow(const std::string& project, const std::string& hash);

  /// Of this project that file alone is there.
  void replace(const std::string& project, const DistributionFile& file);
  /// Files of all projects need an allowed digest (pip's `--require-hashes`).
  void insist() { insists_ = true; }

  const ProjectFiles& files(std::string_view project) override;
  const Metadata& metadata(std::string_view project, const DistributionFile& file) override {
    return inner_.metadata(project, file);
  }
  Digest sha256(std::string_view project, const DistributionFile& file) override {
    return inner_.sha256(project, file);
  }
  void hint_files(std::span<const std::string_view> projects) override;
  void hint_metadata(std::string_view project, const DistributionFile& file) override {
    inner_.hint_metadata(project, file);
  }

 private:
  const ProjectFiles& all_files(std::string_view project);
  bool is_allowed(const std::set<std::string>& hashes, std::string_view project,
                  const DistributionFile& file);

  DistributionSource& inner_;
  bool insists_ = false;
  std::map<std::string, std::set<std::string>, std::less<>> allowed_;
  std::map<std::string, ProjectFiles, std::less<>> narrowed_, replaced_;
};

}  // namespace kasane::resolver::pypi
