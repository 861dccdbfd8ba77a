#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_system.h"
#include "base/http.h"
#include "base/warning.h"
#include "resolver/conda/channel.h"
#include "resolver/conda/record_source.h"

namespace kasane::resolver {

struct ChannelDataOptions {
  /// Where repodata and its indexes are kept, on a real disk, since they are mapped. It is made
  /// when missing; whatever is in it may be removed at any time, and is then made anew. Many
  /// processes may share it. No credentials get into it.
  Path directory;
  /// Ask no server: what is kept counts, however old it is. Local channels are read all the same.
  bool offline = false;
  /// Ask servers for all anew, whatever is kept and however long they said that it is good for.
  bool refresh = false;
  /// Take `repodata_shards.msgpack.zst` (CEP 16) where a channel has it.
  bool use_shards = true;
  /// Threads that make indexes, and requests under way at once.
  unsigned threads = 2;
  unsigned parallel_requests = 16;
  /// No repodata may be larger, as it comes or decompressed.
  std::uint64_t largest_repodata_bytes = std::uint64_t{4} << 30;
  /// How often a request is tried that fails in a way that may pass, and what is waited before the
  /// second time; doubled from then on.
  unsigned attempts = 4;
  std::chrono::milliseconds first_pause{500};
  std::chrono::milliseconds longest_pause{30'000};
  /// User and password for a host, where a channel's URL holds none: what netrc says. May be unset.
  std::function<std::optional<UserInfo>(std::string_view host)> find_user = nullptr;
  /// Seconds since 1970, to tell whether kept repodata is still good; the system's when not set.
  std::function<std::int64_t()> now = nullptr;
  /// How to wait; sleeps when not set.
  std::function<void(std::chrono::milliseconds)> pause = nullptr;
};

/// A channel that was opened.
struct OpenedChannel {
  Channel channel;
  /// In the order in which subdirs were asked for; without those that the channel lacks, and only
  /// Channel::subdir() where it names one.
  std::vector<std::unique_ptr<RecordSource>> subdirs;
};

/// The records of some channels: opened together, each as it is at that moment, and the same from
/// then on for as long as this lives. Any thread may use what is in it.
class ChannelData {
 public:
  /// Asks all places at once, and comes back when each answered: with the sources of each channel,
  /// in order of `channels`. `subdirs` are the platform's and `noarch`. `http` is borrowed, and
  /// used later too where records are fetched as they are asked for.
  ///
  /// Of shards, `repodata.json.zst`, `.bz2` and `.json` the first that a place has is taken. A
  /// place is asked again only when what is kept is older than it said, and then whether it
  /// changed. Mirrors of a channel are tried in order, when one fails.
  ///
  /// A subdir that a channel lacks has no records; a channel that lacks all of them is an Error. So
  /// is what a place answers and what is no repodata: kind kNetwork when it cannot be had,
  /// kIntegrity when it is not what it should be. What was kept before stays as it was then. Errors
  /// and warnings name places without credentials.
  static ChannelData open(std::span<const Channel> channels, std::span<const std::string> subdirs,
                          HttpClient& http, const ChannelDataOptions& options);
  ChannelData(ChannelData&&) noexcept;
  ChannelData& operator=(ChannelData&&) noexcept;
  /// Keeps what was read of records for the next time.
  ~ChannelData();

  const std::vector<OpenedChannel>& channels() const;
  /// What people should know of so far: records that were left out, channels without `noarch`. In
  /// order of channels and subdirs, the same whatever the timing.
  Warnings warnings() const;

 private:
  struct State;
  explicit ChannelData(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace kasane::resolver
