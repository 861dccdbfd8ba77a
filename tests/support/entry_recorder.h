#pragma once

#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "builder/package/entry.h"

namespace kasane::testing {

/// An EntrySink that keeps everything, and fails on what a sink may not be given.
class EntryRecorder final : public builder::EntrySink {
 public:
  struct Recorded {
    builder::Entry entry;
    std::string content;
  };

  void begin(const builder::Entry& entry) override {
    if (open_) throw std::logic_error("begin before end of " + entries_.back().entry.path);
    if (!index_.emplace(entry.path, entries_.size()).second) {
      throw std::logic_error("twice: " + entry.path);
    }
    entries_.push_back({entry, {}});
    open_ = true;
  }
  void write(std::string_view bytes) override {
    if (!open_) throw std::logic_error("write outside of an entry");
    entries_.back().content += bytes;
  }
  void end() override {
    if (!open_) throw std::logic_error("end without begin");
    const Recorded& last = entries_.back();
    if (last.content.size() != last.entry.size_bytes) {
      throw std::logic_error("wrong size stated for " + last.entry.path);
    }
    open_ = false;
  }

  const std::vector<Recorded>& entries() const { return entries_; }
  const Recorded* find(const std::string& path) const {
    const auto found = index_.find(path);
    return found == index_.end() ? nullptr : &entries_[found->second];
  }
  /// Throws when it is not there.
  const Recorded& at(const std::string& path) const { return entries_.at(index_.at(path)); }
  std::vector<std::string> paths() const {
    std::vector<std::string> out;
    for (const auto& [path, place] : index_) out.push_back(path);
    return out;
  }

 private:
  std::vector<Recorded> entries_;
  std::map<std::string, std::size_t> index_;
  bool open_ = false;
};

}  // namespace kasane::testing
