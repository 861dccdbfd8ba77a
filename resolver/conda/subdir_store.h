#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/file_system.h"
#include "resolver/conda/channel.h"
#include "resolver/conda/channel_data.h"
#include "resolver/conda/channel_index.h"
#include "resolver/conda/channel_transport.h"
#include "resolver/conda/repodata_state.h"
#include "resolver/conda/shard_reader.h"

namespace kasane::resolver {

/// The shards of a subdir: their index, and where it was found.
struct KeptShards {
  ShardIndex index;
  /// Of `repodata_shards.msgpack.zst`, without credentials.
  std::string url;
};

/// What is kept of one channel's subdir on disk, and how it is brought up to date. Of all processes
/// that open the same one at the same time, one fetches.
class SubdirStore {
 public:
  /// A subdir that the channel lacks has neither.
  using Kept = std::variant<std::monostate, ChannelIndex, KeptShards>;

  /// All is borrowed.
  SubdirStore(const Channel& channel, std::string subdir, const ChannelTransport& transport,
              const ChannelDataOptions& options);

  /// As it is now, fetched when what is kept is not good any more.
  Kept open();
  /// Where tables of shards are kept.
  Path shard_tables() const { return path(".shards.tables"); }

 private:
  /// A file in which a channel may have its repodata.
  struct Variant;
  static const std::vector<Variant>& variants();

  Path path(std::string_view ending) const { return base_.string() + std::string(ending); }
  std::optional<Kept> find_kept(const std::optional<RepodataState>& state) const;
  Kept open_offline(std::optional<Kept> kept) const;
  Kept fetch(std::optional<RepodataState> state, std::optional<Kept> kept);
  /// Asks one place; nothing when it lacks the subdir.
  std::optional<Kept> fetch_from(const std::string& place);
  /// Asks for one file; nothing when it is not there.
  std::optional<Kept> fetch_variant(const Variant& variant, const std::string& url);
  /// Whether the file that was taken before has changed; nothing when it is gone.
  std::optional<Kept> ask_again(RepodataState state, Kept kept);
  Kept take_body(const Variant& variant, const std::string& url, ChannelAnswer answer);
  Kept take_json(const Variant& variant, const Spool& body, RepodataState& state);
  Kept take_shards(const Spool& body, RepodataState& state);
  Kept finish_missing();
  std::string label() const;
  /// Whether no server is needed for it.
  bool is_local() const;
  std::int64_t now() const;

  const Channel& channel_;
  const std::string subdir_;
  const ChannelTransport& transport_;
  const ChannelDataOptions& options_;
  mutable PosixFileSystem disk_;
  Path base_;
};

}  // namespace kasane::resolver
