#include "builder/fragment/fragment.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/error.h"

namespace kasane::builder {
namespace {

using Json = nlohmann::json;

/// Goes up when the same Python comes to compile the same source to other bytes.
constexpr int kByteCodeForm = 1;

/// What the cache holds was written by this program; anything else there is damage.
template <class Body>
auto read_outcome(const cache::Outcome& outcome, Body&& body) {
  try {
    return body(Json::parse(outcome.value));
  } catch (const Json::exception& failure) {
    throw Error(ErrorKind::kIntegrity,
                fmt::format("a record in the cache cannot be read: {}", failure.what()))
        .hint("run `kasane cache verify` and build again");
  }
}

const Digest& blob_at(const cache::Outcome& outcome, std::size_t index) {
  if (index < outcome.blobs.size()) return outcome.blobs[index];
  throw Error(ErrorKind::kIntegrity, "a record in the cache names fewer blobs than it describes");
}

Json part_json(const FragmentPart& part) {
  return {{"size", part.size_bytes}, {"tar", part.tar_bytes}, {"uncompiled", part.uncompiled}};
}

}  // namespace

std::size_t FragmentSpec::part_of(std::string_view path) const {
  const auto above = std::upper_bound(bounds.begin(), bounds.end(), path);
  return static_cast<std::size_t>(above - bounds.begin());
}

cache::Key FragmentSpec::key() const {
  Json inputs = {
      {"bounds", bounds},
      {"build", origin.build},
      {"compression", compression.identity()},
      {"excluded", excluded},
      {"layout", kLayoutVersion},
      {"name", origin.name},
      {"package", origin.sha256.hex()},
      {"prefix", target.prefix},
      {"time", time},
      {"url", origin.url},
      {"version", origin.version},
  };
  if (origin.requested) inputs["requested"] = true;
  if (origin.direct) inputs["direct"] = true;
  if (origin.md5) inputs["md5"] = origin.md5->hex();
  if (target.python) inputs["python"] = {target.python->version, target.python->site_packages};
  if (byte_code_for) inputs["pyc"] = {byte_code_for->version, byte_code_for->site_packages};
  return cache::Key::of("fragment", inputs.dump());
}

cache::Outcome FragmentRecord::to_outcome() const {
  cache::Outcome outcome;
  Json json = {{"parts", Json::array()}, {"dropped", dropped}, {"warnings", Json::array()}};
  for (const FragmentPart& part : parts) {
    json["parts"].push_back(part_json(part));
    outcome.blobs.push_back(part.blob);
  }
  for (const Warning& warning : warnings) {
    json["warnings"].push_back({warning.code, warning.message});
  }
  outcome.value = json.dump();
  return outcome;
}

FragmentRecord FragmentRecord::from_outcome(const cache::Outcome& outcome) {
  return read_outcome(outcome, [&](const Json& json) {
    FragmentRecord record;
    for (const Json& part : json.at("parts")) {
      record.parts.push_back({blob_at(outcome, record.parts.size()),
                              part.at("size").get<std::uint64_t>(),
                              part.at("tar").get<std::uint64_t>(),
                              part.at("uncompiled").get<std::vector<std::string>>()});
    }
    record.dropped = json.at("dropped").get<std::vector<std::string>>();
    for (const Json& warning : json.at("warnings")) {
      record.warnings.push_back({warning.at(0), warning.at(1)});
    }
    return record;
  });
}

cache::Outcome BytecodeRecord::to_outcome() const {
  const Json json = {{"files", files}, {"size", size_bytes}, {"tar", tar_bytes}};
  return {json.dump(), {blob}};
}

BytecodeRecord BytecodeRecord::from_outcome(const cache::Outcome& outcome) {
  return read_outcome(outcome, [&](const Json& json) {
    return BytecodeRecord{blob_at(outcome, 0), json.at("size").get<std::uint64_t>(),
                          json.at("tar").get<std::uint64_t>(),
                          json.at("files").get<std::vector<std::string>>()};
  });
}

cache::Key bytecode_key(const FragmentSpec& spec, std::size_t part, const Digest& python) {
  const Json inputs = {{"form", kByteCodeForm},
                       {"fragment", spec.key().render()},
                       {"part", part},
                       {"python", python.hex()}};
  return cache::Key::of("bytecode", inputs.dump());
}

}  // namespace kasane::builder
