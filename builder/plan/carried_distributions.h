#pragma once

#include <span>

#include "base/warning.h"
#include "builder/package/package.h"
#include "builder/plan/clobber.h"

namespace kasane::builder {

/// Distributions of Python that two packages bring, of which one is a wheel: Python and pip would
/// find both, and which one is imported is chance. Code `two-distributions`; each names the
/// distribution and both packages. `kinds` and `packages` belong together, index by index.
Warnings find_double_distributions(std::span<const PackageFacts::Kind> kinds,
                                   std::span<const PackageFiles> packages);

}  // namespace kasane::builder
