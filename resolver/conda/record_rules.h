#pragma once

#include <string>
#include <string_view>

namespace kasane::resolver {

/// What a record says of itself, as far as it decides whether it is one. Absent texts are empty.
struct RecordIdentity {
  std::string_view file_name;
  std::string_view name;
  std::string_view version;
  std::string_view build;
};

/// Tells records that can be used from others, the same for all who read repodata. One for each
/// thread.
class RecordRules {
 public:
  /// Empty when the record can be used; otherwise why not, for people.
  std::string find_problem(const RecordIdentity& record);

 private:
  bool is_version(std::string_view text);

  std::string last_version_;
  std::string key_;
};

}  // namespace kasane::resolver
