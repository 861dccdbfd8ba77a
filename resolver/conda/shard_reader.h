#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/digest.h"
#include "resolver/conda/index_table.h"
#include "resolver/conda/repodata_piece.h"

namespace kasane::resolver {

/// The `repodata_shards.msgpack` of a channel's subdir (CEP 16): which shard has which name. Any
/// thread may read.
class ShardIndex {
 public:
  /// Reads its bytes, without compression, which it keeps. Anything else is an Error of kind
  /// kIntegrity, or kRefused for another version than 1.
  static ShardIndex parse(std::string bytes);
  ShardIndex(const ShardIndex&) = delete;
  ShardIndex(ShardIndex&&) noexcept = default;
  ShardIndex& operator=(ShardIndex&&) noexcept = default;

  /// Both as they stand there; empty when they do not.
  std::string_view base_url() const { return base_url_; }
  std::string_view shards_base_url() const { return shards_base_url_; }
  /// Names in order, each once.
  std::size_t name_count() const { return rows_.size(); }
  std::string_view name(std::size_t i) const { return rows_[i].first; }
  /// By number.
  std::optional<std::size_t> find(std::string_view name) const;
  /// Of the compressed shard.
  Digest digest(std::size_t i) const;

 private:
  ShardIndex() = default;
  void read_info(class MsgpackReader& reader);
  void read_shards(class MsgpackReader& reader);

  /// What the views look at; it does not move with this.
  std::vector<char> bytes_;
  std::string_view base_url_;
  std::string_view shards_base_url_;
  /// Names and the bytes of digests.
  std::vector<std::pair<std::string_view, std::string_view>> rows_;
};

/// Adds the records of a shard, without compression, that have `name`; others and those that cannot
/// be used are left out. Anything that is no shard is an Error of kind kIntegrity.
LeftOut read_shard(std::string_view bytes, std::string_view name, TableBuilder& table);

}  // namespace kasane::resolver
