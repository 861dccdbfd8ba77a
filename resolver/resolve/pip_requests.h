#pragma once

#include <optional>
#include <string>
#include <vector>

#include "resolver/pypi/pypi_provider.h"
#include "resolver/pypi/requirement.h"
#include "resolver/spec/environment_spec.h"

namespace kasane::resolver {

/// One distribution that a person asks pip for, as it was written and as it is understood.
struct PipRequest {
  pypi::Requirement requirement;
  PipRequirement written;
  /// The wheel that it names by where it is; then it has no specifiers.
  std::optional<pypi::DistributionFile> wheel = std::nullopt;
};

/// What a specification asks of pip.
struct PipRequests {
  /// In the order of the file.
  std::vector<PipRequest> requirements;
  /// "If it is there, then so."
  std::vector<PipRequest> constraints;
  pypi::PypiRules rules;
  /// Every distribution that does not come from conda needs a `--hash`.
  bool require_hashes = false;

  bool empty() const { return requirements.empty(); }
};

/// Errors point into the file. A wheel may be named by its URL or path; paths are relative to the
/// file that names them, and that to the working directory. What would have to be built (a source
/// tree, a revision of git, a source distribution) is one Error of kind kRefused that names all
/// such requirements.
PipRequests read_pip_requests(const EnvironmentSpec& spec);

/// One text for all that mean the same, whatever their order.
std::string render(const PipRequests& requests);

}  // namespace kasane::resolver
