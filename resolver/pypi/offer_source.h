#pragma once

#include <span>
#include <string_view>

#include "resolver/pypi/python_version.h"

namespace kasane::resolver::pypi {

/// Distributions that others than indexes bring, such as packages of conda. What it gives stays
/// valid and the same for as long as it lives.
class OfferSource {
 public:
  virtual ~OfferSource() = default;
  /// The versions of a project, best first, each once. `project` is normalised. May fetch.
  virtual std::span<const PythonVersion> offers(std::string_view project) = 0;
  /// These will be asked for: a chance to fetch them all at once.
  virtual void hint_offers(std::span<const std::string_view> /*projects*/) {}
};

}  // namespace kasane::resolver::pypi
