#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_system.h"
#include "resolver/conda/mapped_file.h"

namespace kasane::resolver {

/// Tables of records that were made once, kept in a file for the next time
/// (docs/formats/index.md). A cache and no more: a file that is damaged, foreign or not there is as
/// good as an empty one, and what cannot be written is not kept. Processes may share the file.
/// Thread-safe.
class TableStore {
 public:
  using Key = std::array<std::uint8_t, 32>;

  /// Without a path nothing is kept. The file begins anew when it is to grow beyond `largest_size`.
  explicit TableStore(std::optional<Path> path,
                      std::uint64_t largest_size = std::uint64_t{256} << 20);
  /// Keeps what was added.
  ~TableStore();
  TableStore(const TableStore&) = delete;
  TableStore& operator=(const TableStore&) = delete;

  /// What it gives is valid as long as the store, at a multiple of eight bytes.
  std::optional<std::string_view> find(const Key& key) const;
  /// The bytes under that key from now on, which are those that came first.
  std::string_view add(const Key& key, std::string bytes);
  /// Appends what was added since to the file.
  void keep();

 private:
  struct Entry {
    std::string_view bytes;
    std::uint32_t checksum = 0;
    bool checked = false;
  };

  const std::optional<Path> path_;
  const std::uint64_t largest_size_;
  std::optional<MappedFile> file_;
  mutable std::mutex mutex_;
  mutable std::map<Key, Entry> entries_;
  std::map<Key, std::unique_ptr<std::string>> added_;
  std::vector<Key> to_keep_;
};

}  // namespace kasane::resolver
