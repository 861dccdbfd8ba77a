#pragma once

#include <vector>

#include "resolver/pypi/distribution_source.h"
#include "resolver/resolve/pip_requests.h"
#include "resolver/resolve/solve_conda.h"

namespace kasane::resolver {

/// A question about conda packages and Python distributions at once. `conda.keep` holds packages of
/// both.
struct JointQuestion {
  CondaQuestion conda;
  PipRequests pip;
};

/// Finds the packages of both sides, by manager and name, as one problem (docs/resolving.md,
/// "conda and pip at once"): a function of the question, the records and the indexes alone. When
/// there are none, that is an Error of kind kUnsatisfiable, whose message is the story of the
/// conflict.
CondaAnswer solve_joint(const JointQuestion& question, std::vector<ChannelRecords> channels,
                        pypi::DistributionSource& distributions);

}  // namespace kasane::resolver
