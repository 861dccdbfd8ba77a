#include "builder/image/layer_merge.h"

#include <fmt/format.h>

#include "base/archive/entry_path.h"
#include "base/error.h"
#include "builder/image/layer_stream.h"

namespace kasane::builder {
namespace {

constexpr std::string_view kWhiteout = ".wh.";
constexpr std::string_view kOpaque = ".wh..wh..opq";
/// What AUFS kept for itself; other tools pass over it too.
constexpr std::string_view kAufs = ".wh..wh.";

Error refused(std::string message) { return Error(ErrorKind::kRefused, std::move(message)); }

/// The name without slashes at both ends and without doubled ones and `.` parts. Old tools write
/// absolute names and mean the image's root.
std::string relative_name(std::string_view archived, std::string_view what) {
  std::string out;
  while (!archived.empty()) {
    const std::size_t slash = archived.find('/');
    const std::string_view part = archived.substr(0, slash);
    archived.remove_prefix(slash == std::string_view::npos ? archived.size() : slash + 1);
    if (part.empty() || part == ".") continue;
    if (part == "..") throw refused(fmt::format("{} leads out of the image by `..`", what));
    if (part.size() > 255) throw refused(fmt::format("{} has a part of more than 255 bytes", what));
    if (!out.empty()) out += '/';
    out += part;
  }
  return out;
}

std::string_view name_of(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

class LayerMerge {
 public:
  LayerMerge(TarReader& reader, std::size_t number, ImageTree& tree, TreeSink& sink)
      : reader_(reader), number_(number), tree_(tree), sink_(sink) {}

  void run() {
    while (const auto entry = reader_.next()) {
      in_context([&] { return fmt::format("at the entry `{}`", printable_name(entry->path)); },
                 [&] { apply(*entry); });
    }
  }

 private:
  void apply(const TarEntry& entry) {
    const std::string path = relative_name(entry.path, "the name");
    if (path.empty()) return apply_to_root(entry);
    const std::string_view name = name_of(path);
    if (name.starts_with(kWhiteout)) return apply_whiteout(parent_of(path), name);
    TreeNode& directory = make_parents(parent_of(path));
    if (entry.type == TarEntry::Type::kHardlink) return put_hardlink(directory, name, entry);
    const auto found = directory.children.find(name);
    if (found != directory.children.end()) {
      TreeNode& old = *found->second;
      if (old.is_directory() && entry.type == TarEntry::Type::kDirectory) {
        *old.inode = Inode::of(entry);
        touch(old);
        return sink_.put_directory(old, false);
      }
      remove(old);
    }
    TreeNode& node = tree_.add(directory, name, std::make_shared<Inode>(Inode::of(entry)));
    touch(node);
    if (entry.type == TarEntry::Type::kDirectory) return sink_.put_directory(node, true);
    if (entry.type == TarEntry::Type::kFile) return sink_.put_file(node, reader_);
    sink_.put_other(node);
  }

  void apply_to_root(const TarEntry& entry) {
    if (entry.type != TarEntry::Type::kDirectory) {
      throw refused(fmt::format("the image's root would be a {}", describe(entry.type)));
    }
    *tree_.root().inode = Inode::of(entry);
    sink_.put_directory(tree_.root(), false);
  }

  void apply_whiteout(std::string_view parent, std::string_view name) {
    if (name == kOpaque) {
      TreeNode* directory = parent.empty() ? &tree_.root() : find_directory(parent);
      if (directory != nullptr) remove_lower_children(*directory);
      return;
    }
    if (name.starts_with(kAufs)) return;
    const std::string_view hidden = name.substr(kWhiteout.size());
    if (hidden.empty() || hidden == "." || hidden == "..") {
      throw refused("the whiteout names no file of its directory");
    }
    TreeNode* directory = parent.empty() ? &tree_.root() : find_directory(parent);
    if (directory == nullptr) return;
    const auto found = directory->children.find(hidden);
    if (found != directory->children.end()) remove_lower(*found->second);
  }

  TreeNode* find_directory(std::string_view path) {
    return const_cast<TreeNode*>(tree_.find_followed(path));
  }

  /// Whiteouts hide what lower layers brought, wherever in their own layer they stand.
  void remove_lower(TreeNode& node) {
    if (node.layer != number_) return remove(node);
    remove_lower_children(node);
  }

  void remove_lower_children(TreeNode& directory) {
    for (auto child = directory.children.begin(); child != directory.children.end();) {
      TreeNode& node = *child->second;
      ++child;
      remove_lower(node);
    }
  }

  void put_hardlink(TreeNode& directory, std::string_view name, const TarEntry& entry) {
    const std::string to = relative_name(entry.link_target, "the hard link's target");
    const std::string shown = printable_name(entry.link_target);
    TreeNode* target = tree_.find(to);
    if (target == nullptr) {
      throw Error(ErrorKind::kIntegrity,
                  fmt::format("the hard link's target `{}` is missing", shown));
    }
    if (target->is_directory()) {
      throw refused(fmt::format("the hard link's target `{}` is a directory", shown));
    }
    const auto found = directory.children.find(name);
    if (found != directory.children.end()) {
      if (found->second.get() == target) return touch(*target);
      remove(*found->second);
      if ((target = tree_.find(to)) == nullptr) {
        throw Error(ErrorKind::kIntegrity,
                    fmt::format("the hard link takes the place of its target `{}`", shown));
      }
    }
    TreeNode& node = tree_.add(directory, name, target->inode);
    touch(node);
    sink_.put_hardlink(node, *target);
  }

  TreeNode& make_parents(std::string_view path) {
    PathWalk walk(tree_, path);
    while (const auto part = walk.next()) {
      if (walk.enter(*part)) continue;
      if (walk.directory().children.contains(*part)) {
        throw Error(
            ErrorKind::kIntegrity,
            fmt::format("`{}` would have to be a directory, it is not one", printable_name(*part)));
      }
      TreeNode& made = tree_.add(walk.directory(), *part, std::make_shared<Inode>());
      touch(made);
      sink_.put_directory(made, true);
      walk.enter_new(made);
    }
    return walk.directory();
  }

  void touch(TreeNode& node) {
    for (TreeNode* at = &node; at != nullptr && at->layer != number_; at = at->parent) {
      at->layer = number_;
    }
  }

  void remove(TreeNode& node) {
    sink_.remove(node);
    tree_.remove(node);
  }

  TarReader& reader_;
  std::size_t number_;
  ImageTree& tree_;
  TreeSink& sink_;
};

}  // namespace

void merge_layer(TarReader& layer, std::size_t number, ImageTree& tree, TreeSink& sink) {
  LayerMerge(layer, number, tree, sink).run();
}

void merge_layers(const registry::ImageSource& image, ImageTree& tree, TreeSink& sink) {
  const auto& layers = image.manifest().layers;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    in_context(
        [&] {
          return fmt::format("in layer {} (`{}`) of `{}`", i + 1, layers[i].digest.render(),
                             image.reference());
        },
        [&] {
          const auto tar = open_layer(image, i);
          // `umoci insert` writes no end marker; that nothing is missing is known by the digests.
          TarReader reader(*tar, TarEnd::kOptional);
          merge_layer(reader, i + 1, tree, sink);
        });
  }
}

}  // namespace kasane::builder
