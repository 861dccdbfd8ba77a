#pragma once

#include <string>

#include "base/archive/tar_reader.h"
#include "builder/image/image_tree.h"
#include "registry/image_source.h"

namespace kasane::builder {

/// Told of each change that a layer makes, once the tree has it. Paths are real ones, without
/// symbolic links on the way. Not thread-safe.
class TreeSink {
 public:
  virtual ~TreeSink() = default;
  /// A directory was made, or one that was there has new attributes. They may change again: they
  /// are final when all layers are merged.
  virtual void put_directory(TreeNode& node, bool made) = 0;
  /// A file was made; its content may be read from `content`.
  virtual void put_file(TreeNode& node, TarReader& content) = 0;
  /// A symbolic link, a device or a fifo was made.
  virtual void put_other(TreeNode& node) = 0;
  /// A further name of `target` was made.
  virtual void put_hardlink(TreeNode& node, const TreeNode& target) = 0;
  /// A name, with all below it, is about to go.
  virtual void remove(const TreeNode& node) = 0;
};

/// Lays an image's layers into the tree, from the bottom up, as OCI image-spec layer.md says:
/// entries replace, whiteouts remove what lower layers brought. Streams; memory grows with the
/// number of names alone. A layer that is damaged, or that would reach out of the tree, is an Error
/// that names image, layer and entry.
void merge_layers(const registry::ImageSource& image, ImageTree& tree, TreeSink& sink);

/// One layer, as the `number`th from 1 on.
void merge_layer(TarReader& layer, std::size_t number, ImageTree& tree, TreeSink& sink);

}  // namespace kasane::builder
