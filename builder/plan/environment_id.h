#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>

#include "base/digest.h"
#include "resolver/lock/lock.h"

namespace kasane::builder {

/// Names an environment: 32 lower-case hex digits, a UUID of version 8 (RFC 9562) over the SHA-256
/// of what determines its file system.
class EnvironmentId {
 public:
  static EnvironmentId of(const Digest& digest);
  const std::string& hex() const { return hex_; }
  /// `azureml_<hex>`, as Azure ML names its environments.
  std::string name() const { return "azureml_" + hex_; }
  auto operator<=>(const EnvironmentId&) const = default;

 private:
  explicit EnvironmentId(std::string hex) : hex_(std::move(hex)) {}
  std::string hex_;
};

struct EnvironmentInputs {
  std::string platform;
  /// Of the base image; nothing for `scratch`.
  std::optional<Digest> base;
  std::string prefix;
  /// Whether Python sources are compiled.
  bool byte_code = true;
  std::int64_t time = 0;
  std::map<std::string, std::string> variables;
};

/// A function of the set of packages: their order is of no matter. Each must have its sha256.
EnvironmentId find_environment_id(const EnvironmentInputs& inputs,
                                  std::span<const resolver::LockedPackage> packages);

}  // namespace kasane::builder
