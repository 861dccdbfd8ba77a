#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kasane::test {

/// A member for TarBuilder; every field goes into the header as it stands.
struct TarMember {
  std::string path;
  std::string content = {};
  char type = '0';
  std::string link_target = {};
  std::uint32_t mode = 0644;
  std::int64_t mtime = 0;
};

/// Builds tar archives (ustar), right ones and wrong ones.
class TarBuilder {
 public:
  /// Path and link target must fit into their fields (100 bytes each).
  TarBuilder& add(const TarMember& member);
  /// A pax header (`x`, or `g` for a global one) before the next member.
  TarBuilder& add_pax(const std::vector<std::pair<std::string, std::string>>& records,
                      char type = 'x');
  /// A GNU long name (`L`) or long link target (`K`) before the next member.
  TarBuilder& add_gnu_long(char type, std::string_view name);
  /// Changes the last header by `edit(block)` and mends its checksum.
  template <class Edit>
  TarBuilder& edit_header(Edit&& edit) {
    edit(last_header());
    mend_checksum();
    return *this;
  }
  /// Bytes as they are.
  TarBuilder& add_raw(std::string_view bytes);
  /// The archive so far, without and with its end.
  const std::string& open_end() const { return bytes_; }
  std::string finish() const { return bytes_ + std::string(1024, '\0'); }

 private:
  char* last_header() { return bytes_.data() + header_; }
  void mend_checksum();

  std::string bytes_;
  std::size_t header_ = 0;
};

}  // namespace kasane::test
