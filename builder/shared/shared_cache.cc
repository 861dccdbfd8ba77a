#include "builder/shared/shared_cache.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "registry/media_type.h"

namespace kasane::builder {
namespace {

constexpr const char* kArtifactType = "application/vnd.kasane.cache.v1";
constexpr const char* kRecordType = "application/vnd.kasane.cache-record.v1+zstd";
/// The topics, one after another.
constexpr const char* kTopicsAnnotation = "io.kasane.cache.topics";
constexpr std::size_t kDigits = 12;

constexpr std::size_t kMostRecords = 256;
constexpr std::size_t kMostAnnotated = std::size_t{2} << 20;
constexpr std::size_t kMostFetched = 6;
constexpr std::uint64_t kLargestRecord = std::uint64_t{64} << 20;
/// What was read longer ago is read again before it is replaced.
constexpr std::chrono::seconds kFresh{2};

registry::RegistryReference name_of(const std::string& host, const std::string& platform,
                                    const std::string& prefix) {
  return registry::RegistryReference::parse(fmt::format("{}/{}:v1-{}-{}", host,
                                                        SharedCache::kRepository, platform,
                                                        Digest::of(prefix).hex().substr(0, 16)));
}

/// Those of `wanted` that the record tells of.
std::set<std::string> told_by(const registry::Descriptor& record,
                              const std::set<std::string>& wanted) {
  std::set<std::string> out;
  const auto annotation = record.annotations.find(kTopicsAnnotation);
  if (annotation == record.annotations.end()) return out;
  const std::string& text = annotation->second;
  for (std::size_t at = 0; at + kDigits <= text.size(); at += kDigits) {
    std::string topic = text.substr(at, kDigits);
    if (wanted.contains(topic)) out.insert(std::move(topic));
  }
  return out;
}

std::string read_bytes(const registry::Client& client, const registry::Descriptor& record) {
  if (record.size_bytes > kLargestRecord) {
    throw Error(ErrorKind::kRefused,
                fmt::format("a record of {} bytes is too large", record.size_bytes));
  }
  const auto bytes = client.open_blob(record, "record");
  return read_all(*bytes, kLargestRecord, "the record");
}

}  // namespace

SharedCache::SharedCache(const registry::Registries& registries, const std::string& host,
                         const std::string& platform, const std::string& prefix)
    : registries_(registries), name_(name_of(host, platform, prefix)) {}

std::string SharedCache::topic(const Digest& package) { return package.hex().substr(0, kDigits); }

std::string SharedCache::topic(const cache::Key& layer) {
  const std::string& text = layer.render();
  return text.substr(text.rfind('-') + 1, kDigits);
}

void SharedCache::read_list() {
  const auto client = registries_.open(name_, registry::Client::Purpose::kRead);
  const auto stored = client->find_manifest(*name_.tag());
  exists_ = stored.has_value();
  list_.clear();
  read_at_ = std::chrono::steady_clock::now();
  if (!stored) return;
  for (registry::Descriptor& record : registry::Manifest::parse(stored->text).layers) {
    if (record.media_type == kRecordType) list_.push_back(std::move(record));
  }
}

std::vector<CacheRecord> SharedCache::fetch(const std::set<std::string>& topics) {
  if (!read_at_) read_list();
  std::set<std::string> wanted = topics;
  std::vector<CacheRecord> out;
  const auto client = registries_.open(name_, registry::Client::Purpose::kRead);
  while (!wanted.empty() && out.size() < kMostFetched) {
    const registry::Descriptor* best = nullptr;
    std::set<std::string> best_told;
    for (const registry::Descriptor& record : list_) {
      if (fetched_.contains(record.digest)) continue;
      auto told = told_by(record, wanted);
      // Of equals the newest, which comes first.
      if (told.size() <= best_told.size()) continue;
      best = &record;
      best_told = std::move(told);
    }
    if (best == nullptr) break;
    fetched_.insert(best->digest);
    for (const std::string& topic : best_told) wanted.erase(topic);
    out.push_back(CacheRecord::parse(read_bytes(*client, *best)));
  }
  return out;
}

void SharedCache::add(const CacheRecord& record, const std::set<std::string>& topics) {
  if (!read_at_ || std::chrono::steady_clock::now() - *read_at_ > kFresh) read_list();
  const std::string bytes = record.render();
  registry::Descriptor entry{kRecordType, Digest::of(bytes), bytes.size(), {}};
  for (const std::string& topic : topics) entry.annotations[kTopicsAnnotation] += topic;
  std::vector<registry::Descriptor> layers = {entry};
  std::size_t annotated = entry.annotations[kTopicsAnnotation].size();
  for (const registry::Descriptor& old : list_) {
    if (old.digest == entry.digest) continue;
    const auto annotation = old.annotations.find(kTopicsAnnotation);
    annotated += annotation == old.annotations.end() ? 0 : annotation->second.size();
    if (layers.size() == kMostRecords || annotated > kMostAnnotated) break;
    layers.push_back(old);
  }
  const auto client = registries_.open(name_, registry::Client::Purpose::kWrite);
  const auto put = [&](std::string_view content) {
    const auto blob = client->begin_blob();
    blob->write(content);
    blob->commit();
  };
  if (!exists_) put(registry::kEmptyDocument);
  put(bytes);
  const auto manifest = registry::Manifest::make_artifact(kArtifactType, layers, {});
  client->put_manifest(*name_.tag(), {manifest.text, manifest.media_type});
  list_ = std::move(layers);
  exists_ = true;
}

}  // namespace kasane::builder
