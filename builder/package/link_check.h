#pragma once

#include <map>
#include <string>

namespace kasane::builder {

/// Refuses (kRefused) symbolic links that lead out of the prefix, whichever of the package's other
/// links are on the way. `links` is path to target, both as installed; no path lies below another.
void check_links_stay_inside(const std::map<std::string, std::string>& links);

}  // namespace kasane::builder
