#include "builder/image/flatten_listing.h"

#include <algorithm>
#include <unordered_map>

#include <fmt/format.h>

#include "builder/image/image_tree.h"
#include "builder/image/layer_merge.h"

namespace kasane::builder {
namespace {

class HashingSink final : public TreeSink {
 public:
  void put_directory(TreeNode&, bool) override {}
  void put_other(TreeNode&) override {}
  void put_hardlink(TreeNode&, const TreeNode&) override {}
  void remove(const TreeNode&) override {}
  void put_file(TreeNode& node, TarReader& content) override {
    for (std::string_view piece = content.read_piece(); !piece.empty();
         piece = content.read_piece()) {
      hasher_.update(piece);
    }
    node.inode->content = hasher_.finish();
  }

 private:
  Sha256Hasher hasher_;
};

ListingEntry make_entry(std::string path, const Inode& inode) {
  ListingEntry out;
  out.path = std::move(path);
  out.type = inode.type;
  out.mode = inode.mode;
  out.user_id = inode.user_id;
  out.group_id = inode.group_id;
  out.size_bytes = inode.size_bytes;
  out.mtime = inode.mtime;
  out.target = inode.target;
  out.content = inode.content;
  return out;
}

struct Listing {
  std::vector<ListingEntry> entries;
  /// Indexes of the names of each file that has several.
  std::unordered_map<const Inode*, std::vector<std::size_t>> names;

  void add_children(const TreeNode& directory, const std::string& path) {
    for (const auto& [name, child] : directory.children) {
      std::string below = path.empty() ? name : path + "/" + name;
      if (!child->is_directory() && child->inode.use_count() > 1) {
        names[child->inode.get()].push_back(entries.size());
      }
      entries.push_back(make_entry(below, *child->inode));
      add_children(*child, below);
    }
  }

  void connect_names() {
    for (const auto& [inode, indexes] : names) {
      std::string least = entries[indexes.front()].path;
      for (const std::size_t i : indexes) least = std::min(least, entries[i].path);
      if (indexes.size() < 2) continue;
      for (const std::size_t i : indexes) entries[i].linked_to = least;
    }
  }
};

}  // namespace

std::string ListingEntry::render() const {
  std::string out = fmt::format("{} {} {:o} {}:{} {} {}", path, describe(type), mode, user_id,
                                group_id, size_bytes, mtime);
  if (!target.empty()) out += fmt::format(" -> {}", target);
  if (!linked_to.empty()) out += fmt::format(" = {}", linked_to);
  if (content) out += fmt::format(" {}", content->render());
  return out;
}

std::vector<ListingEntry> flatten_listing(const registry::ImageSource& image) {
  ImageTree tree;
  HashingSink sink;
  merge_layers(image, tree, sink);
  Listing listing;
  listing.add_children(tree.root(), "");
  listing.connect_names();
  std::sort(
      listing.entries.begin(), listing.entries.end(),
      [](const ListingEntry& left, const ListingEntry& right) { return left.path < right.path; });
  return std::move(listing.entries);
}

}  // namespace kasane::builder
