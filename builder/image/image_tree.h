#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/archive/tar_reader.h"
#include "base/digest.h"

namespace kasane::builder {

/// What a file system keeps of a file whatever its names are. Names that are hard links of each
/// other share one.
struct Inode {
  TarEntry::Type type = TarEntry::Type::kDirectory;
  std::uint32_t mode = 0755;
  std::uint64_t user_id = 0;
  std::uint64_t group_id = 0;
  std::uint64_t size_bytes = 0;
  std::int64_t mtime = 0;
  /// Of a symbolic link.
  std::string target;
  std::uint32_t device_major = 0;
  std::uint32_t device_minor = 0;
  std::map<std::string, std::string> extended_attributes;
  /// Of a file's content, where the one who merges wants it.
  std::optional<Digest> content;
  std::optional<std::string> text;

  static Inode of(const TarEntry& entry);
};

/// A name in an image's tree.
struct TreeNode {
  std::shared_ptr<Inode> inode = std::make_shared<Inode>();
  std::map<std::string, std::unique_ptr<TreeNode>, std::less<>> children;
  TreeNode* parent = nullptr;
  std::string name;
  /// The last layer that brought this or something below it.
  std::size_t layer = 0;

  bool is_directory() const { return inode->type == TarEntry::Type::kDirectory; }
  /// From the root, without a slash in front; the root's is empty.
  std::string path() const;
};

/// A file system tree in memory, as an image's layers make it. Links are followed within it and
/// never lead out: `..` at the root is the root. Not thread-safe.
class ImageTree {
 public:
  ImageTree() = default;

  TreeNode& root() { return root_; }
  const TreeNode& root() const { return root_; }
  std::size_t size() const { return size_; }

  /// The node at a path whose parents may be symbolic links; nullptr when there is none. The last
  /// part itself is not followed.
  TreeNode* find(std::string_view path);
  const TreeNode* find(std::string_view path) const;
  /// The same with the last part followed too.
  const TreeNode* find_followed(std::string_view path) const;

  /// Adds a name below a directory, where none of that name may be. More than 5 million names or a
  /// path of more than 4,095 bytes are an Error of kind kRefused.
  TreeNode& add(TreeNode& directory, std::string_view name, std::shared_ptr<Inode> inode);
  /// Takes a name and all below it away; not the root.
  void remove(TreeNode& node);

 private:
  friend class PathWalk;
  TreeNode root_;
  std::size_t size_ = 0;
};

/// The steps from the root to a path, taken one by one: symbolic links are put in place of
/// themselves. For those who make what is missing on the way.
class PathWalk {
 public:
  PathWalk(ImageTree& tree, std::string_view path);

  /// Where the walk stands; a directory.
  TreeNode& directory() { return *directory_; }
  /// The next part; absent at the end. More than 255 links are an Error of kind kRefused.
  std::optional<std::string> next();
  /// Steps down to what is called so in directory(), following it when it is a link. False when
  /// there is nothing of that name, or when it is no directory: the walk stays.
  bool enter(const std::string& name);
  /// Steps down to a directory that was made.
  void enter_new(TreeNode& directory) { directory_ = &directory; }

 private:
  void push(std::string_view path);

  TreeNode* root_;
  TreeNode* directory_;
  /// Parts that are still to come, the next one last.
  std::vector<std::string> parts_;
  int links_ = 0;
};

}  // namespace kasane::builder
