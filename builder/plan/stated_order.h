#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "builder/package/package.h"

namespace kasane::builder {

/// The order in which packages are taken to be installed, as indexes into `packages`: conda
/// packages before wheels; among each, what a package depends on comes before it; otherwise by
/// name. Circles are cut at the smallest name. A function of the set of packages: their order here
/// is of no matter.
std::vector<std::size_t> stated_order(std::span<const PackageFacts* const> packages);

/// The name that a conda MatchSpec begins with, in lower case, without its channel.
std::string conda_name(std::string_view match_spec);
/// The name that a wheel's requirement begins with, normalised (PEP 503).
std::string wheel_name(std::string_view requirement);

}  // namespace kasane::builder
