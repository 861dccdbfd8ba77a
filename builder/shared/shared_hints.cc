#include "builder/shared/shared_hints.h"

#include <fmt/format.h>

#include "base/error.h"

namespace kasane::builder {
namespace {

cache::Key place_key(const std::string& host, const Digest& blob) {
  return cache::Key::of("place", host + " " + blob.hex());
}

}  // namespace

template <class Body>
void SharedHints::attempt(std::string_view what, Body body) {
  if (cache_ == nullptr) return;
  try {
    body();
  } catch (const Error& error) {
    warnings_.push_back(
        {"remote-cache", fmt::format("the registry's `{}` cannot be {}: {}",
                                     SharedCache::kRepository, what, error.message())});
    cache_.reset();
  }
}

bool SharedHints::learn(const std::set<std::string>& topics) {
  bool learnt = false;
  attempt("read", [&] {
    const auto place = target_.place();
    for (const CacheRecord& record : cache_->fetch(topics)) {
      learnt = true;
      outcomes_.overlay(record.outcomes);
      if (!place) continue;
      const auto name = registry::RegistryReference::parse(place->host() + "/" + record.repository);
      for (const CacheRecord::Blob& blob : record.blobs) target_.add_place(blob.digest, name);
    }
  });
  return learnt;
}

void SharedHints::leave(const CacheRecord& record, const std::set<std::string>& topics) {
  attempt("written", [&] { cache_->add(record, topics); });
}

void tell_places(cache::Cache& cache, registry::ImageTarget& target,
                 std::span<const Digest> blobs) {
  const auto place = target.place();
  if (!place) return;
  for (const Digest& blob : blobs) {
    const auto known = cache.find(place_key(place->host(), blob));
    if (!known) continue;
    target.add_place(blob, registry::RegistryReference::parse(place->host() + "/" + known->value));
  }
}

void remember_places(cache::Cache& cache, const registry::ImageTarget& target,
                     std::span<const Digest> blobs) {
  const auto place = target.place();
  if (!place) return;
  for (const Digest& blob : blobs) {
    const cache::Key key = place_key(place->host(), blob);
    const auto known = cache.find(key);
    if (known && known->value == place->repository()) continue;
    cache.remember(key, {place->repository(), {}});
  }
}

}  // namespace kasane::builder
