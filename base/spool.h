#pragma once

#include <memory>
#include <string>

#include "base/file_system.h"
#include "base/stream.h"

namespace kasane {

/// Bytes to be read again later: in memory up to a limit, then all of them in a file that has no
/// name and vanishes with the process. Reading from several threads is safe while nobody writes.
class Spool final : public ByteSink, public ReadableFile {
 public:
  /// `directory` is where the file is made when it is needed.
  explicit Spool(Path directory, std::size_t memory_limit = std::size_t{8} << 20);
  ~Spool() override;

  void write(std::string_view bytes) override;
  std::uint64_t size() const override { return size_; }
  std::size_t read_at(std::uint64_t offset, std::span<char> buffer) const override;

 private:
  void open_file();

  Path directory_;
  std::size_t memory_limit_;
  std::string memory_;
  std::uint64_t size_ = 0;
  int descriptor_ = -1;
};

}  // namespace kasane
