#pragma once

#include <string>
#include <vector>

#include "builder/image/base_facts.h"
#include "builder/image/layer_writer.h"
#include "builder/image/package_layers.h"
#include "builder/inventory/inventory.h"
#include "builder/plan/image_plan.h"

namespace kasane::builder {

/// The packages of a plan as a `conda-lock.yml` of their own: a function of what the environment id
/// names, whatever the lock looked like that it came from.
std::string canonical_lock(const ImagePlan& plan);

/// Who owns what in the image of a plan. `outcomes` are those of the plan's packages.
Inventory make_inventory(const ImagePlan& plan, const std::vector<PackageOutcome>& outcomes);

/// The last layer: the link by which the environment is known, the lock, the inventory, conda's
/// history, and the environment's line in `/root/.conda/environments.txt`.
registry::KnownLayer write_environment_layer(const ImagePlan& plan, const BaseFacts& base,
                                             const std::string& lock, const Inventory& inventory,
                                             registry::ImageTarget& target);

}  // namespace kasane::builder
