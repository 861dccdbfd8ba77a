#pragma once

#include <cstdint>
#include <set>
#include <string>

#include "base/file_system.h"
#include "base/warning.h"
#include "builder/image/layer_merge.h"

namespace kasane::builder {

enum class Ownership {
  /// Owners and devices as the image has them; needs root.
  kKeep,
  /// Everything belongs to whoever unpacks; devices are left out.
  kIgnore,
};

/// Puts the tree below a directory of the disk. Nothing is ever written outside of it: each call
/// goes through a descriptor of the real parent directory, in which no link is followed. Attributes
/// of directories are set by finish(). Not thread-safe.
class DiskSink final : public TreeSink {
 public:
  /// `root` must be an empty directory.
  DiskSink(const Path& root, Ownership ownership);
  ~DiskSink() override;
  DiskSink(const DiskSink&) = delete;
  DiskSink& operator=(const DiskSink&) = delete;

  void put_directory(TreeNode& node, bool made) override;
  void put_file(TreeNode& node, TarReader& content) override;
  void put_other(TreeNode& node) override;
  void put_hardlink(TreeNode& node, const TreeNode& target) override;
  void remove(const TreeNode& node) override;

  /// Gives the directories their attributes, once all layers are merged.
  void finish(const ImageTree& tree);
  Warnings take_warnings() { return std::move(warnings_); }
  std::uint64_t bytes() const { return bytes_; }

 private:
  /// A descriptor of the node's directory, valid until the next call.
  int open_parent(const TreeNode& node);
  int open_directory(const std::string& path) const;
  void forget_directory();
  void set_attributes(int file, const TreeNode& node);
  void set_extended_attributes(int file, const TreeNode& node);
  void set_link_attributes(int parent, const TreeNode& node);
  void finish_directory(int directory, const TreeNode& node);
  void make_device(int parent, const TreeNode& node);
  void warn(std::string code, const std::string& once, std::string message);

  Ownership ownership_;
  int root_;
  const TreeNode* parent_node_ = nullptr;
  int parent_ = -1;
  Warnings warnings_;
  std::set<std::string> warned_;
  std::uint64_t bytes_ = 0;
};

}  // namespace kasane::builder
