#include "builder/inventory/inventory.h"

#include <iterator>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/json_text.h"

namespace kasane::builder {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kSchema = "kasane.inventory/1";

void append_member(std::string& out, std::string_view key, std::string_view text) {
  fmt::format_to(std::back_inserter(out), R"("{}":)", key);
  append_json_text(out, text);
  out += ',';
}

void append_package(std::string& out, const Inventory::Package& package) {
  out += '{';
  append_member(out, "manager", package.manager);
  append_member(out, "name", package.name);
  append_member(out, "version", package.version);
  append_member(out, "build", package.build);
  append_member(out, "url", package.url);
  append_member(out, "sha256", package.sha256.hex());
  fmt::format_to(std::back_inserter(out), R"("installed_bytes":{},"files":[)",
                 package.installed_bytes);
  for (const std::string& file : package.files) {
    append_json_text(out, file);
    out += ',';
  }
  if (!package.files.empty()) out.pop_back();
  out += "]}";
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
  std::size_t size = 0;
  for (const Package& package : packages) {
    size += 512;
    for (const std::string& file : package.files) size += file.size() + 3;
  }
  std::string out = "{";
  out.reserve(size);
  append_member(out, "schema", kSchema);
  append_member(out, "environment", environment_id);
  append_member(out, "prefix", prefix);
  fmt::format_to(std::back_inserter(out), R"("layout":{},)", layout);
  append_member(out, "python", python);
  out += R"("packages":[)";
  for (const Package& package : packages) {
    append_package(out, package);
    out += ',';
  }
  if (!packages.empty()) out.pop_back();
  out += "]}";
  return out;
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
