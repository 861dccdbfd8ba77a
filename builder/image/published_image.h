#pragma once

#include <optional>
#include <string>

#include "builder/image/build_report.h"
#include "builder/plan/environment_id.h"
#include "registry/image_store.h"

namespace kasane::builder {

/// The report of the image that the target's tag names, when that says of itself that it is this
/// environment in this variant, and all of it is there. For machines that did not build it: they
/// know of it what its manifest and configuration tell.
std::optional<BuildReport> find_published(const EnvironmentId& id, const std::string& variant,
                                          registry::ImageTarget& target);

}  // namespace kasane::builder
