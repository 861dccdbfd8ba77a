#include "builder/plan/environment_id.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "builder/fragment/fragment.h"

namespace kasane::builder {

EnvironmentId EnvironmentId::of(const Digest& digest) {
  Digest::Raw raw = digest.raw();
  raw[6] = static_cast<std::uint8_t>((raw[6] & 0x0f) | 0x80);
  raw[8] = static_cast<std::uint8_t>((raw[8] & 0x3f) | 0x80);
  return EnvironmentId(to_hex(raw.data(), 16));
}

EnvironmentId find_environment_id(const EnvironmentInputs& inputs,
                                  std::span<const resolver::LockedPackage> packages) {
  std::vector<std::vector<std::string>> identities;
  for (const resolver::LockedPackage& package : packages) {
    if (!package.sha256) {
      throw Error(ErrorKind::kFailed,
                  fmt::format("the sha256 of `{}` is not known yet", package.name));
    }
    identities.push_back({package.manager == resolver::Manager::kConda ? "conda" : "pip",
                          package.name, package.version, package.build, package.url,
                          package.sha256->hex(), package.md5 ? package.md5->hex() : ""});
  }
  std::sort(identities.begin(), identities.end());
  nlohmann::json json = {
      {"byte_code", inputs.byte_code}, {"layout", kLayoutVersion}, {"packages", identities},
      {"platform", inputs.platform},   {"prefix", inputs.prefix},  {"time", inputs.time},
      {"variables", inputs.variables},
  };
  json["base"] = inputs.base ? nlohmann::json(inputs.base->render()) : nlohmann::json(nullptr);
  return EnvironmentId::of(Digest::of(json.dump()));
}

}  // namespace kasane::builder
