#include "resolver/conda/channel_data.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "base/parallel.h"
#include "resolver/conda/channel_sources.h"
#include "resolver/conda/subdir_store.h"

namespace kasane::resolver {
namespace {

constexpr std::string_view kNoarch = "noarch";

/// What is to be opened, and what it turned out to be.
struct Part {
  std::size_t channel;
  std::string subdir;
  SubdirStore::Kept kept;
  Path shard_tables;
};

Error no_channel(const Channel& channel, const std::vector<std::string>& subdirs) {
  return Error(ErrorKind::kNetwork,
               fmt::format("expected a conda channel at `{}`, found no repodata of {}",
                           channel.url(), fmt::format("`{}`", fmt::join(subdirs, "`, `"))))
      .hint("check the channel's name and its labels");
}

}  // namespace

struct ChannelData::State {
  State(HttpClient& http, ChannelDataOptions given)
      : options(std::move(given)), transport(http, options) {}

  /// What is asked for, in order.
  std::vector<Part> list(std::span<const Channel> wanted, std::span<const std::string> subdirs) {
    std::vector<Part> out;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      channels.push_back({wanted[i], {}});
      for (const std::string& subdir : subdirs) {
        const bool use = !wanted[i].subdir() || *wanted[i].subdir() == subdir;
        if (use) out.push_back({i, subdir, {}, {}});
      }
    }
    return out;
  }

  void take(std::vector<Part>& parts) {
    for (std::size_t i = 0; i < channels.size(); ++i) {
      std::vector<std::string> missing;
      for (Part& part : parts) {
        if (part.channel == i && !add(part)) missing.push_back(part.subdir);
      }
      const Channel& channel = channels[i].channel;
      if (missing.empty()) continue;
      if (channels[i].subdirs.empty()) throw no_channel(channel, missing);
      if (std::find(missing.begin(), missing.end(), kNoarch) != missing.end()) {
        warnings.push_back({"channel-without-noarch",
                            fmt::format("the channel `{}` has no `noarch`, which conda insists on",
                                        channel.name())});
      }
    }
  }

  /// False when the channel lacks the subdir.
  bool add(Part& part) {
    OpenedChannel& opened = channels[part.channel];
    std::unique_ptr<ChannelSource> source;
    if (auto* index = std::get_if<ChannelIndex>(&part.kept)) {
      source = std::make_unique<IndexSource>(opened.channel, part.subdir, std::move(*index));
    } else if (auto* shards = std::get_if<KeptShards>(&part.kept)) {
      source = std::make_unique<ShardSource>(opened.channel, part.subdir, std::move(*shards),
                                             part.shard_tables, transport, options);
    } else {
      return false;
    }
    sources.push_back(source.get());
    opened.subdirs.push_back(std::move(source));
    return true;
  }

  const ChannelDataOptions options;
  const ChannelTransport transport;
  std::vector<OpenedChannel> channels;
  /// All of them, in order; each belongs to its channel.
  std::vector<const ChannelSource*> sources;
  Warnings warnings;
};

ChannelData::ChannelData(std::unique_ptr<State> state) : state_(std::move(state)) {}
ChannelData::ChannelData(ChannelData&&) noexcept = default;
ChannelData& ChannelData::operator=(ChannelData&&) noexcept = default;
ChannelData::~ChannelData() = default;

ChannelData ChannelData::open(std::span<const Channel> channels,
                              std::span<const std::string> subdirs, HttpClient& http,
                              const ChannelDataOptions& options) {
  auto state = std::make_unique<State>(http, options);
  PosixFileSystem().create_directories(options.directory);
  std::vector<Part> parts = state->list(channels, subdirs);
  parallel_for(parts.size(), std::max(options.parallel_requests, 1U), [&](std::size_t i) {
    Part& part = parts[i];
    SubdirStore store(channels[part.channel], part.subdir, state->transport, state->options);
    part.kept = store.open();
    part.shard_tables = store.shard_tables();
  });
  state->take(parts);
  return ChannelData(std::move(state));
}

const std::vector<OpenedChannel>& ChannelData::channels() const { return state_->channels; }

Warnings ChannelData::warnings() const {
  Warnings out = state_->warnings;
  for (const ChannelSource* source : state_->sources) {
    const Warnings more = source->warnings();
    out.insert(out.end(), more.begin(), more.end());
  }
  return out;
}

}  // namespace kasane::resolver
