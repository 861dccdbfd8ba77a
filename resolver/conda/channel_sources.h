#pragma once

#include <condition_variable>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <string_view>

#include "base/warning.h"
#include "resolver/conda/channel.h"
#include "resolver/conda/channel_data.h"
#include "resolver/conda/channel_index.h"
#include "resolver/conda/channel_transport.h"
#include "resolver/conda/record_source.h"
#include "resolver/conda/subdir_store.h"
#include "resolver/conda/table_store.h"

namespace kasane::resolver {

/// A source that can tell what people should know of it.
class ChannelSource : public RecordSource {
 public:
  ChannelSource(const Channel& channel, std::string subdir, std::string_view base_url);

  std::string_view package_url() final { return package_url_; }
  std::string_view subdir() final { return subdir_; }
  virtual Warnings warnings() const = 0;

 protected:
  /// `conda-forge/noarch`
  const std::string& label() const { return label_; }
  Warnings warnings_of(const LeftOut& left_out) const;

 private:
  std::string subdir_;
  std::string label_;
  std::string package_url_;
};

/// The records of a whole repodata.
class IndexSource final : public ChannelSource {
 public:
  IndexSource(const Channel& channel, std::string subdir, ChannelIndex index);

  std::optional<NameTable> find(std::string_view name) override { return index_.find(name); }
  bool has(std::string_view name) override { return index_.has(name); }
  std::size_t name_count() override { return index_.name_count(); }
  std::string_view name(std::size_t i) override { return index_.name(i); }
  Warnings warnings() const override;

 private:
  ChannelIndex index_;
};

/// The records of shards, each of which is fetched when it is asked for, and kept under its digest.
class ShardSource final : public ChannelSource {
 public:
  /// `transport` and `options` are borrowed.
  ShardSource(const Channel& channel, std::string subdir, KeptShards shards, Path tables,
              const ChannelTransport& transport, const ChannelDataOptions& options);

  std::optional<NameTable> find(std::string_view name) override;
  void hint(std::span<const std::string_view> names) override;
  bool has(std::string_view name) override { return shards_.index.find(name).has_value(); }
  std::size_t name_count() override { return shards_.index.name_count(); }
  std::string_view name(std::size_t i) override { return shards_.index.name(i); }
  Warnings warnings() const override;

 private:
  /// The table of a shard, whoever fetches it.
  std::string_view obtain(std::size_t i);
  std::string fetch(std::string_view name, const Digest& digest);

  const Channel channel_;
  const KeptShards shards_;
  std::string shards_url_;
  const ChannelTransport& transport_;
  const ChannelDataOptions& options_;
  TableStore tables_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::set<Digest> under_way_;
  /// By name, so that their order does not depend on timing.
  std::map<std::string, LeftOut, std::less<>> left_out_;
};

}  // namespace kasane::resolver
