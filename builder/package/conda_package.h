#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "builder/package/conda_archive.h"
#include "builder/package/conda_metadata.h"
#include "builder/package/package.h"

namespace kasane::builder {

/// A conda package, `.conda` or `.tar.bz2`. What it installs is what `info/paths.json` lists (or,
/// in old packages, `info/files`), verified against the sizes and digests there. Thread-safe.
class CondaPackage final : public Package {
 public:
  CondaPackage(const ReadableFile& file, std::string_view file_name, CondaArchive::Format format);

  PackageFacts read_facts() const override;
  Warnings install(const PackageFacts& facts, const PackageOrigin& origin,
                   const InstallTarget& target, const std::set<std::string>& excluded,
                   EntrySink& sink) const override;

 private:
  CondaMetadata read_metadata() const;
  void measure(CondaMetadata& metadata) const;

  std::string file_name_;
  CondaArchive archive_;
};

}  // namespace kasane::builder
