#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace kasane::resolver::pypi {

/// What a `pip.conf` says for installing: of its sections `global` and `install`, the later one
/// wins. Names as pip spells options (`extra-index-url`), each with its values: several stand on
/// lines of their own, or between spaces. They may hold credentials.
class PipConfig {
 public:
  PipConfig() = default;
  /// Reads what Python's configparser reads of such a file; a line that is none is passed over.
  static PipConfig parse(std::string_view text);

  /// Empty where the file does not say.
  const std::vector<std::string>& values(std::string_view name) const;
  /// What `other` says counts where both say something.
  void merge(const PipConfig& other);

 private:
  std::map<std::string, std::vector<std::string>, std::less<>> values_;
};

}  // namespace kasane::resolver::pypi
