#include "resolver/conda/subdir_store.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <chrono>
#include <utility>

#include <fmt/format.h>

#include "base/codec.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/text.h"
#include "base/url.h"
#include "resolver/conda/index_writer.h"

namespace kasane::resolver {
namespace {

constexpr std::uint64_t kLargestShardIndex = std::uint64_t{256} << 20;
/// How long it is taken for granted which of the files a channel has.
constexpr std::int64_t kProbeAge = 7 * 24 * 3600;

/// What names a subdir on disk: enough of it to be told, and what makes it the only one.
std::string file_stem(const Channel& channel, std::string_view subdir) {
  std::string out;
  for (const char c : channel.name().substr(channel.name().find_last_of('/') + 1)) {
    const bool plain = std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '.';
    out += plain ? c : '_';
  }
  const std::string digest = Digest::of(fmt::format("{}/{}", channel.url(), subdir)).hex();
  return fmt::format("{}-{}-{}", out.substr(0, 40), subdir, digest.substr(0, 16));
}

std::string first_bytes(const ReadableFile& body) {
  std::string out(std::min<std::uint64_t>(body.size(), 256), '\0');
  out.resize(body.read_at(0, out));
  return out;
}

std::string shown(std::string_view text) {
  std::string out;
  for (const char c : text.substr(0, 40)) out += c >= 0x20 && c < 0x7f ? c : '.';
  return out;
}

/// A page for people, which some servers answer to whatever they do not have.
bool is_html(std::string_view first) {
  const std::string begin = lower(trim(first).substr(0, 14));
  return begin.starts_with("<html") || begin.starts_with("<!doctype html");
}

/// No more than may be wanted, whatever compressed bytes say.
class LimitedSource final : public ByteSource {
 public:
  LimitedSource(ByteSource& source, std::uint64_t limit)
      : source_(source), limit_(limit), rest_(limit) {}
  std::size_t read(std::span<char> buffer) override {
    const std::size_t count = source_.read(buffer);
    if (count > rest_) {
      throw Error(ErrorKind::kRefused,
                  fmt::format("expected at most {} bytes of repodata, got more", limit_));
    }
    rest_ -= count;
    return count;
  }

 private:
  ByteSource& source_;
  const std::uint64_t limit_;
  std::uint64_t rest_;
};

/// Size and time of a local file, which stand for what a server says of its.
HttpHeaders describe_local(const Path& path) {
  HttpHeaders out;
  std::error_code failure;
  const auto time = std::filesystem::last_write_time(path, failure);
  const auto size = std::filesystem::file_size(path, failure);
  if (!failure) {
    out.add("ETag", fmt::format("{}-{}", time.time_since_epoch().count(), size));
  }
  return out;
}

}  // namespace

struct SubdirStore::Variant {
  std::string_view file;
  RepodataState::Kind kind;
  Codec codec;
};

const std::vector<SubdirStore::Variant>& SubdirStore::variants() {
  using Kind = RepodataState::Kind;
  static const std::vector<Variant> variants = {
      {"repodata_shards.msgpack.zst", Kind::kShards, Codec::kZstd},
      {"repodata.json.zst", Kind::kJson, Codec::kZstd},
      {"repodata.json.bz2", Kind::kJson, Codec::kBzip2},
      {"repodata.json", Kind::kJson, Codec::kNone},
  };
  return variants;
}

SubdirStore::SubdirStore(const Channel& channel, std::string subdir,
                         const ChannelTransport& transport, const ChannelDataOptions& options)
    : channel_(channel),
      subdir_(std::move(subdir)),
      transport_(transport),
      options_(options),
      base_(options.directory / file_stem(channel, subdir_)) {}

std::string SubdirStore::label() const { return fmt::format("{}/{}", channel_.name(), subdir_); }

bool SubdirStore::is_local() const {
  return std::all_of(channel_.places().begin(), channel_.places().end(),
                     [](const std::string& place) { return place.starts_with("file:"); });
}

std::int64_t SubdirStore::now() const {
  if (options_.now) return options_.now();
  const auto time = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::seconds>(time).count();
}

SubdirStore::Kept SubdirStore::open() {
  return in_context(
      [&] { return fmt::format("while reading the channel `{}`", label()); },
      [&] {
        const auto lock = disk_.lock(path(".lock"), LockMode::kExclusive);
        std::optional<RepodataState> state = RepodataState::read(disk_, path(".state"));
        if (state && state->kind == RepodataState::Kind::kShards && !options_.use_shards)
          state.reset();
        std::optional<Kept> kept = find_kept(state);
        if (options_.offline && !is_local()) return open_offline(std::move(kept));
        if (!kept || options_.refresh) return fetch(std::nullopt, std::nullopt);
        return fetch(std::move(state), std::move(kept));
      });
}

std::optional<SubdirStore::Kept> SubdirStore::find_kept(
    const std::optional<RepodataState>& state) const {
  if (!state) return std::nullopt;
  switch (state->kind) {
    case RepodataState::Kind::kMissing:
      return Kept();
    case RepodataState::Kind::kJson: {
      auto index = ChannelIndex::open(path(".index"), path(".index.tables"));
      if (!index || index->identity() != state->identity) return std::nullopt;
      return std::move(*index);
    }
    case RepodataState::Kind::kShards: {
      const auto file = disk_.find_file(path(".shards"));
      if (!file || file->size() > kLargestShardIndex) return std::nullopt;
      FileSource source(*file);
      std::string bytes = read_all(source, kLargestShardIndex, "the index of shards");
      if (Digest::of(bytes).hex() != state->identity) return std::nullopt;
      return KeptShards{ShardIndex::parse(std::move(bytes)), state->url};
    }
  }
  return std::nullopt;
}

SubdirStore::Kept SubdirStore::open_offline(std::optional<Kept> kept) const {
  if (kept) return std::move(*kept);
  throw Error(ErrorKind::kNetwork,
              fmt::format("nothing of `{}` is kept, and nothing may be fetched", label()))
      .hint("run it once without `--offline`");
}

SubdirStore::Kept SubdirStore::fetch(std::optional<RepodataState> state, std::optional<Kept> kept) {
  const bool is_there = state && state->kind != RepodataState::Kind::kMissing;
  if (is_there && state->is_good(now())) return std::move(*kept);
  if (is_there && now() - state->probed_at < kProbeAge && now() >= state->probed_at) {
    if (auto again = ask_again(std::move(*state), std::move(*kept))) return std::move(*again);
  }
  std::optional<Error> failure;
  for (const std::string& place : channel_.places()) {
    try {
      if (auto found = fetch_from(split_credentials(place).url)) return std::move(*found);
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::kNetwork && error.kind() != ErrorKind::kIntegrity) throw;
      if (!failure) failure = error;
    }
  }
  if (failure) throw *failure;
  return finish_missing();
}

SubdirStore::Kept SubdirStore::finish_missing() {
  RepodataState state;
  state.url = fmt::format("{}/{}", channel_.url(), subdir_);
  state.checked_at = state.probed_at = now();
  state.write(disk_, path(".state"));
  return {};
}

std::optional<SubdirStore::Kept> SubdirStore::ask_again(RepodataState state, Kept kept) {
  const auto variant = std::find_if(variants().begin(), variants().end(), [&](const Variant& one) {
    return state.url.ends_with("/" + std::string(one.file));
  });
  // Only if it is still one of the places that are to be asked.
  const bool known = std::any_of(
      channel_.places().begin(), channel_.places().end(), [&](const std::string& place) {
        return variant != variants().end() &&
               state.url ==
                   fmt::format("{}/{}/{}", split_credentials(place).url, subdir_, variant->file);
      });
  if (!known) return std::nullopt;
  const Url url = Url::parse(state.url);
  if (url.scheme() == "file") {
    const HttpHeaders headers = describe_local(url.local_path());
    const auto etag = headers.find("ETag");
    if (etag && *etag == state.etag) return kept;
    return std::nullopt;
  }
  ChannelAnswer answer;
  try {
    answer =
        transport_.get(channel_, state.url, state.conditions(), options_.largest_repodata_bytes);
  } catch (const Error& error) {
    // Another place may do.
    if (error.kind() != ErrorKind::kNetwork || channel_.places().size() == 1) throw;
    return std::nullopt;
  }
  if (answer.kind == ChannelAnswer::Kind::kNotModified) {
    state.take_headers(answer.response.headers, now());
    state.write(disk_, path(".state"));
    return kept;
  }
  if (answer.kind != ChannelAnswer::Kind::kFound) return std::nullopt;
  return take_body(*variant, state.url, std::move(answer));
}

std::optional<SubdirStore::Kept> SubdirStore::fetch_from(const std::string& place) {
  for (const Variant& variant : variants()) {
    if (variant.kind == RepodataState::Kind::kShards && !options_.use_shards) continue;
    const std::string url = fmt::format("{}/{}/{}", place, subdir_, variant.file);
    if (auto found = fetch_variant(variant, url)) return found;
  }
  return std::nullopt;
}

std::optional<SubdirStore::Kept> SubdirStore::fetch_variant(const Variant& variant,
                                                            const std::string& url) {
  const bool last = &variant == &variants().back();
  ChannelAnswer answer = transport_.get(channel_, url, {}, options_.largest_repodata_bytes);
  if (answer.kind == ChannelAnswer::Kind::kForbidden && last) throw status_error(url, 403);
  if (answer.kind != ChannelAnswer::Kind::kFound) return std::nullopt;
  if (!last && is_html(first_bytes(*answer.body))) return std::nullopt;
  return take_body(variant, url, std::move(answer));
}

SubdirStore::Kept SubdirStore::take_body(const Variant& variant, const std::string& url,
                                         ChannelAnswer answer) {
  RepodataState state;
  state.kind = variant.kind;
  state.url = url;
  state.probed_at = now();
  const Url parsed = Url::parse(url);
  state.take_headers(
      parsed.scheme() == "file" ? describe_local(parsed.local_path()) : answer.response.headers,
      now());
  return in_context([&] { return fmt::format("while reading `{}`", redact_url(url)); },
                    [&] {
                      const std::string first = first_bytes(*answer.body);
                      if (variant.codec != Codec::kNone && detect_codec(first) != variant.codec) {
                        throw Error(
                            ErrorKind::kIntegrity,
                            fmt::format("expected compressed repodata, found `{}`", shown(first)))
                            .hint("is that the address of a conda channel?");
                      }
                      Kept out = variant.kind == RepodataState::Kind::kShards
                                     ? take_shards(*answer.body, state)
                                     : take_json(variant, *answer.body, state);
                      state.write(disk_, path(".state"));
                      return out;
                    });
}

SubdirStore::Kept SubdirStore::take_json(const Variant& variant, const Spool& body,
                                         RepodataState& state) {
  const Path part = path(".part");
  disk_.remove(part);
  try {
    const auto out = disk_.create_file(part);
    FileSource compressed(body);
    const auto source = decompress(variant.codec, compressed);
    LimitedSource limited(*source, options_.largest_repodata_bytes);
    copy(limited, *out);
    write_index(*disk_.open_file(part), *out, {.threads = options_.threads, .source = state.url});
    out->close();
  } catch (const Error&) {
    disk_.remove(part);
    throw;
  }
  disk_.remove(path(".index.tables"));
  disk_.rename(part, path(".index"));
  disk_.remove(path(".shards"));
  auto index = ChannelIndex::open(path(".index"), path(".index.tables"));
  if (!index) throw Error(ErrorKind::kFailed, "the index that was just written cannot be read");
  state.identity = index->identity();
  return std::move(*index);
}

SubdirStore::Kept SubdirStore::take_shards(const Spool& body, RepodataState& state) {
  FileSource compressed(body);
  const auto source = decompress(Codec::kZstd, compressed);
  std::string bytes = read_all(*source, kLargestShardIndex, "the index of shards");
  state.identity = Digest::of(bytes).hex();
  const std::string copy_of_bytes = bytes;
  KeptShards out = {ShardIndex::parse(std::move(bytes)), state.url};
  disk_.write_atomically(path(".shards"), copy_of_bytes);
  disk_.remove(path(".index"));
  disk_.remove(path(".index.tables"));
  return out;
}

}  // namespace kasane::resolver
