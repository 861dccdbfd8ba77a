#include "resolver/conda/channel_sources.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/codec.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/parallel.h"
#include "base/url.h"
#include "resolver/conda/index_table.h"

namespace kasane::resolver {
namespace {

constexpr std::uint64_t kLargestShard = std::uint64_t{256} << 20;

/// A directory that a channel names, absolute or relative to `directory`; ends in a slash.
std::string resolve_directory(const std::string& directory, std::string_view named) {
  const Url base = Url::parse(directory + "/");
  const SplitUrl split = split_credentials(named);
  std::string out = named.empty() ? base.render() : base.resolve(split.url).render();
  if (Url::parse(out).scheme() == "file" && base.scheme() != "file") {
    throw Error(ErrorKind::kRefused,
                fmt::format("expected an http or https URL, found `{}` in the repodata of `{}`",
                            redact_url(out), redact_url(directory)));
  }
  if (!out.ends_with('/')) out += '/';
  return out;
}

std::string directory_of(const std::string& url) { return url.substr(0, url.rfind('/')); }

TableStore::Key key_of(const Digest& digest) {
  TableStore::Key out;
  static_assert(sizeof(out) == sizeof(Digest::Raw));
  std::copy(digest.raw().begin(), digest.raw().end(), out.begin());
  return out;
}

}  // namespace

ChannelSource::ChannelSource(const Channel& channel, std::string subdir, std::string_view base_url)
    : subdir_(std::move(subdir)),
      label_(fmt::format("{}/{}", channel.name(), subdir_)),
      package_url_(resolve_directory(fmt::format("{}/{}", channel.url(), subdir_), base_url)) {}

Warnings ChannelSource::warnings_of(const LeftOut& left_out) const {
  if (left_out.count == 0) return {};
  return {
      {"records-left-out",
       fmt::format("`{}`: {} of its records cannot be used and {} left out; {}", label_,
                   left_out.count, left_out.count == 1 ? "is" : "are", left_out.first_problem)}};
}

IndexSource::IndexSource(const Channel& channel, std::string subdir, ChannelIndex index)
    : ChannelSource(channel, std::move(subdir), index.base_url()), index_(std::move(index)) {}

Warnings IndexSource::warnings() const {
  return warnings_of({index_.left_out(), std::string(index_.first_problem())});
}

ShardSource::ShardSource(const Channel& channel, std::string subdir, KeptShards shards, Path tables,
                         const ChannelTransport& transport, const ChannelDataOptions& options)
    : ChannelSource(channel, std::move(subdir), shards.index.base_url()),
      channel_(channel),
      shards_(std::move(shards)),
      shards_url_(resolve_directory(directory_of(shards_.url), shards_.index.shards_base_url())),
      transport_(transport),
      options_(options),
      tables_(std::move(tables)) {}

std::optional<NameTable> ShardSource::find(std::string_view name) {
  const auto i = shards_.index.find(name);
  if (!i) return std::nullopt;
  const auto table = NameTable::find_in(shards_.index.name(*i), obtain(*i));
  if (!table) throw Error(ErrorKind::kFailed, fmt::format("the table of `{}` is damaged", name));
  if (table->size() == 0) return std::nullopt;
  return table;
}

void ShardSource::hint(std::span<const std::string_view> names) {
  std::vector<std::size_t> missing;
  for (const std::string_view name : names) {
    const auto i = shards_.index.find(name);
    if (i && !tables_.find(key_of(shards_.index.digest(*i)))) missing.push_back(*i);
  }
  if (missing.empty() || options_.offline) return;
  parallel_for(missing.size(), std::max(options_.parallel_requests, 1U),
               [&](std::size_t i) { obtain(missing[i]); });
  tables_.keep();
}

std::string_view ShardSource::obtain(std::size_t i) {
  const Digest digest = shards_.index.digest(i);
  const TableStore::Key key = key_of(digest);
  if (const auto kept = tables_.find(key)) return *kept;
  {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return !under_way_.contains(digest); });
    if (const auto kept = tables_.find(key)) return *kept;
    under_way_.insert(digest);
  }
  const auto done = [&] {
    const std::lock_guard lock(mutex_);
    under_way_.erase(digest);
    changed_.notify_all();
  };
  try {
    const std::string_view out = tables_.add(key, fetch(shards_.index.name(i), digest));
    done();
    return out;
  } catch (const std::exception&) {
    done();
    throw;
  }
}

std::string ShardSource::fetch(std::string_view name, const Digest& digest) {
  const std::string url = fmt::format("{}{}.msgpack.zst", shards_url_, digest.hex());
  const auto context = [&] {
    return fmt::format("while reading `{}` of the channel `{}`", name, label());
  };
  return in_context(context, [&] {
    if (options_.offline && !url.starts_with("file:")) {
      throw Error(ErrorKind::kNetwork,
                  fmt::format("the records of `{}` are not kept, and nothing may be fetched", name))
          .hint("run it once without `--offline`");
    }
    const ChannelAnswer answer = transport_.get(channel_, url, {}, kLargestShard);
    if (answer.kind != ChannelAnswer::Kind::kFound) {
      throw Error(ErrorKind::kNetwork, fmt::format("expected the shard `{}`, got HTTP status {}",
                                                   redact_url(url), answer.response.status))
          .hint("fetch the channel's index again with `--refresh`");
    }
    FileSource whole(*answer.body);
    const std::string compressed = read_all(whole, kLargestShard, "the shard");
    const Digest found = Digest::of(compressed);
    if (found != digest) {
      throw Error(ErrorKind::kIntegrity,
                  fmt::format("expected `{}` at `{}`, found `{}`", digest.render(), redact_url(url),
                              found.render()))
          .hint("fetch the channel's index again with `--refresh`");
    }
    StringSource source(compressed);
    const auto decoded = decompress(Codec::kZstd, source);
    const std::string bytes = read_all(*decoded, kLargestShard, "the shard");
    TableBuilder table;
    LeftOut left_out = read_shard(bytes, name, table);
    if (left_out.count > 0) {
      const std::lock_guard lock(mutex_);
      left_out_[std::string(name)] = std::move(left_out);
    }
    return table.finish();
  });
}

Warnings ShardSource::warnings() const {
  const std::lock_guard lock(mutex_);
  LeftOut all;
  for (const auto& [name, left_out] : left_out_) all.add(left_out);
  return warnings_of(all);
}

}  // namespace kasane::resolver
