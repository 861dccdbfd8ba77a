#include "builder/inventory/inventory.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/error.h"

namespace kasane::builder {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kSchema = "kasane.inventory/1";

Json package_json(const Inventory::Package& package) {
  return {{"manager", package.manager},
          {"name", package.name},
          {"version", package.version},
          {"build", package.build},
          {"url", package.url},
          {"sha256", package.sha256.hex()},
          {"installed_bytes", package.installed_bytes},
          {"files", package.files}};
}

Inventory::Package read_package(const Json& json) {
  return {json.at("manager"),
          json.at("name"),
          json.at("version"),
          json.at("build"),
          json.at("url"),
          Digest::parse_hex(json.at("sha256").get<std::string>()),
          json.at("installed_bytes"),
          json.at("files").get<std::vector<std::string>>()};
}

}  // namespace

std::string Inventory::render() const {
  Json json = {{"schema", kSchema}, {"environment", environment_id},
               {"prefix", prefix},  {"layout", layout},
               {"python", python},  {"packages", Json::array()}};
  for (const Package& package : packages) json["packages"].push_back(package_json(package));
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Inventory Inventory::parse(std::string_view text) {
  try {
    const Json json = Json::parse(text);
    if (json.at("schema") != kSchema) {
      throw Error(ErrorKind::kIntegrity,
                  fmt::format("expected an inventory of schema `{}`, got `{}`", kSchema,
                              json.at("schema").dump()));
    }
    Inventory inventory{
        json.at("environment"), json.at("prefix"), json.at("layout"), json.at("python"), {}};
    for (const Json& package : json.at("packages")) {
      inventory.packages.push_back(read_package(package));
    }
    return inventory;
  } catch (const Json::exception& failure) {
    throw Error(ErrorKind::kIntegrity,
                fmt::format("the inventory cannot be read: {}", failure.what()));
  }
}

}  // namespace kasane::builder
