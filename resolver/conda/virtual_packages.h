#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "resolver/conda/match_spec.h"

namespace kasane::resolver {

/// What is known of the system that an environment is to run on. What a person says wins over what
/// a base image tells, and that over these defaults.
struct SystemFacts {
  /// Of the base image. Ubuntu 18.04 has 2.27, 20.04 has 2.31, 22.04 has 2.35.
  std::string glibc = "2.28";
  /// Of the hosts; a container has no kernel of its own.
  std::string kernel = "4.18";
  /// The newest CUDA that the hosts' drivers can run; nothing for hosts without.
  std::optional<std::string> cuda = {};
  /// A microarchitecture (`x86_64_v3`); nothing for the platform's own, which all its processors
  /// are.
  std::optional<std::string> microarchitecture = {};
};

/// A package that stands for a property of the system.
struct VirtualPackage {
  std::string name;
  CondaVersion version;
  std::string build;
};

/// The virtual packages of a system (CEP 30). A value.
class VirtualPackages {
 public:
  /// Of conda's platform `linux-64` or the like. A version that cannot be read is an Error of kind
  /// kUsage.
  static VirtualPackages of(std::string_view platform, const SystemFacts& facts);

  /// By name, rising.
  const std::vector<VirtualPackage>& packages() const { return packages_; }
  const VirtualPackage* find(std::string_view name) const;
  /// Whether the system has what `spec`, which names a virtual package, asks for.
  bool satisfy(const MatchSpec& spec) const;
  /// `__glibc=2.28=0`, one to a line.
  std::string render() const;

 private:
  std::vector<VirtualPackage> packages_;
};

/// Virtual packages are those whose names begin with two underscores.
bool is_virtual_name(std::string_view name);

/// What a MatchSpec looks at in a virtual package. Borrows it.
RecordFields fields_of(const VirtualPackage& package);

}  // namespace kasane::resolver
