#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "builder/package/package.h"

namespace kasane::builder {

/// A wheel, `file_name` being its name as published. Borrows the file. Every file in it is held
/// against RECORD while it is installed, as the format demands: one that is not named there with a
/// good hash, or named and absent, is an Error of kind kIntegrity.
std::unique_ptr<Package> open_wheel(const ReadableFile& file, std::string_view file_name);

/// installed_paths() for a wheel.
std::vector<PackagePath> wheel_installed_paths(const PackageFacts& facts,
                                               const PackageOrigin& origin,
                                               const InstallTarget& target);

}  // namespace kasane::builder
