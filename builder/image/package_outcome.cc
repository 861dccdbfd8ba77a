#include "builder/image/package_outcome.h"

#include <nlohmann/json.hpp>

#include "base/error.h"

namespace kasane::builder {

std::string PackageOutcome::render() const {
  nlohmann::json json = {
      {"dropped", dropped}, {"compiled", compiled}, {"warnings", nlohmann::json::array()}};
  for (const Warning& warning : warnings) {
    json["warnings"].push_back({warning.code, warning.message});
  }
  return json.dump();
}

PackageOutcome PackageOutcome::parse(std::string_view text) {
  try {
    const nlohmann::json json = nlohmann::json::parse(text);
    PackageOutcome outcome{json.at("dropped").get<std::vector<std::string>>(),
                           json.at("compiled").get<std::vector<std::string>>(),
                           {}};
    for (const auto& warning : json.at("warnings")) {
      outcome.warnings.push_back({warning.at(0), warning.at(1)});
    }
    return outcome;
  } catch (const nlohmann::json::exception& failure) {
    throw Error(ErrorKind::kIntegrity,
                std::string("a record in the cache cannot be read: ") + failure.what());
  }
}

}  // namespace kasane::builder
