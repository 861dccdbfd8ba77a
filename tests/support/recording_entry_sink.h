#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "builder/package/entry.h"

namespace kasane::test {

/// Keeps what an installation brings, and holds it to what EntrySink asks of its callers.
class RecordingEntrySink final : public builder::EntrySink {
 public:
  struct Recorded {
    builder::Entry entry;
    std::string content;
  };

  void begin(const builder::Entry& entry) override {
    EXPECT_FALSE(open_) << entry.path;
    EXPECT_FALSE(by_path_.contains(entry.path)) << entry.path << " comes twice";
    if (entry.type == builder::Entry::Type::kHardlink) {
      EXPECT_TRUE(by_path_.contains(entry.target)) << entry.path << " before " << entry.target;
    }
    if (entry.type != builder::Entry::Type::kFile) {
      EXPECT_EQ(entry.size_bytes, 0U) << entry.path;
    }
    by_path_[entry.path] = entries_.size();
    entries_.push_back({entry, {}});
    open_ = true;
  }
  void write(std::string_view bytes) override {
    EXPECT_TRUE(open_);
    entries_.back().content += bytes;
  }
  void end() override {
    EXPECT_EQ(entries_.back().content.size(), entries_.back().entry.size_bytes)
        << entries_.back().entry.path;
    open_ = false;
  }

  /// In the order in which they came.
  const std::vector<Recorded>& entries() const { return entries_; }
  /// Fails the test when it is not there.
  const Recorded& at(const std::string& path) const {
    static const Recorded kNothing{};
    const auto found = by_path_.find(path);
    if (found != by_path_.end()) return entries_[found->second];
    ADD_FAILURE() << path << " was not installed";
    return kNothing;
  }
  bool has(const std::string& path) const { return by_path_.contains(path); }

 private:
  std::vector<Recorded> entries_;
  std::map<std::string, std::size_t> by_path_;
  bool open_ = false;
};

}  // namespace kasane::test
