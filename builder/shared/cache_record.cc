#include "builder/shared/cache_record.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/codec.h"
#include "base/error.h"
#include "base/stream.h"
#include "registry/registry_reference.h"

namespace kasane::builder {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kSchema = "kasane.cache-record/1";
constexpr std::size_t kLargestRecord = std::size_t{256} << 20;
constexpr int kLevel = 9;

Error damaged(std::string_view why) {
  return {ErrorKind::kIntegrity,
          fmt::format("a record of the shared cache cannot be read: {}", why)};
}

}  // namespace

std::string CacheRecord::render() const {
  Json json = {{"schema", kSchema},
               {"repository", repository},
               {"outcomes", Json::object()},
               {"blobs", Json::array()}};
  for (const auto& [key, value] : outcomes) json["outcomes"][key] = value;
  for (const Blob& blob : blobs) json["blobs"].push_back({blob.digest.render(), blob.size_bytes});
  std::string text;
  try {
    text = json.dump();
  } catch (const Json::exception& failure) {
    throw Error(ErrorKind::kFailed, fmt::format("a record cannot be written: {}", failure.what()));
  }
  std::string out;
  make_chunk_compressor(CompressionMethod::zstd(kLevel))->compress(text, out);
  return out;
}

CacheRecord CacheRecord::parse(std::string_view bytes) {
  StringSource compressed(bytes);
  const auto plain = decompress(Codec::kZstd, compressed);
  const std::string text = read_all(*plain, kLargestRecord, "a record of the shared cache");
  try {
    const Json json = Json::parse(text);
    if (json.at("schema") != kSchema) throw damaged("it is of another schema");
    CacheRecord out;
    out.repository = json.at("repository").get<std::string>();
    registry::RegistryReference::parse("localhost/" + out.repository);
    out.outcomes = json.at("outcomes").get<std::map<std::string, std::string>>();
    for (const Json& blob : json.at("blobs")) {
      out.blobs.push_back(
          {Digest::parse(blob.at(0).get<std::string>()), blob.at(1).get<std::uint64_t>()});
    }
    return out;
  } catch (const Json::exception& failure) {
    throw damaged(failure.what());
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::kIntegrity) throw;
    throw damaged(error.message());
  }
}

}  // namespace kasane::builder
