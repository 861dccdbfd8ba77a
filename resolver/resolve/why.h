#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "resolver/lock/lock.h"
#include "resolver/resolve/conda_requests.h"
#include "resolver/resolve/pip_requests.h"

namespace kasane::resolver {

/// Why a package is in a lock: all ways that lead to it, across both sides. Where conda and pip
/// both have a package of one name, pip's is called `name (pip)`.
struct Presence {
  /// A requirement of the specification, and the package that it brings.
  struct Request {
    std::string text;
    SourcePlace place;
    std::string package;
  };
  /// A package that needs another one.
  struct Need {
    std::string package;
    std::string version;
    /// As the package says it.
    std::string requirement;
    std::string needed;
  };
  std::string package;
  std::string version;
  /// In the order of the specification.
  std::vector<Request> requests;
  /// By names.
  std::vector<Need> needs;

  /// A tree from what was asked for down to the package, each package's needs once.
  std::string render() const;
};

/// What a specification asks for.
struct Requests {
  std::span<const CondaRequest> conda;
  std::span<const PipRequest> pip = {};
  bool empty() const { return conda.empty() && pip.empty(); }
};

/// Without requests (a lock alone), what nothing in it needs counts as asked for. A package that
/// the lock lacks is an Error of kind kUsage. Of two of one name conda's is meant, unless `(pip)`
/// is added.
Presence explain_presence(const Lock& lock, const Requests& requests, std::string_view name);

}  // namespace kasane::resolver
