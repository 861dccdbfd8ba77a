#include "builder/image/image_tree.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/archive/entry_path.h"
#include "base/error.h"

namespace kasane::builder {
namespace {

constexpr std::size_t kNameLimit = 5'000'000;
constexpr std::size_t kPathLimit = 4095;
constexpr int kLinkLimit = 255;

}  // namespace

Inode Inode::of(const TarEntry& entry) {
  Inode out;
  out.type = entry.type;
  out.mode = entry.mode;
  out.user_id = entry.user_id;
  out.group_id = entry.group_id;
  out.size_bytes = entry.size_bytes;
  out.mtime = entry.mtime;
  if (entry.type == TarEntry::Type::kSymlink) out.target = entry.link_target;
  out.device_major = entry.device_major;
  out.device_minor = entry.device_minor;
  out.extended_attributes = entry.extended_attributes;
  return out;
}

std::string TreeNode::path() const {
  std::vector<const TreeNode*> chain;
  for (const TreeNode* node = this; node->parent != nullptr; node = node->parent) {
    chain.push_back(node);
  }
  std::string out;
  for (auto node = chain.rbegin(); node != chain.rend(); ++node) {
    if (!out.empty()) out += '/';
    out += (*node)->name;
  }
  return out;
}

PathWalk::PathWalk(ImageTree& tree, std::string_view path)
    : root_(&tree.root()), directory_(root_) {
  push(path);
}

void PathWalk::push(std::string_view path) {
  while (!path.empty()) {
    const std::size_t slash = path.rfind('/');
    const std::string_view part = slash == std::string_view::npos ? path : path.substr(slash + 1);
    path = slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
    if (!part.empty() && part != ".") parts_.emplace_back(part);
  }
}

std::optional<std::string> PathWalk::next() {
  while (!parts_.empty()) {
    std::string part = std::move(parts_.back());
    parts_.pop_back();
    if (part != "..") return part;
    if (directory_->parent != nullptr) directory_ = directory_->parent;
  }
  return std::nullopt;
}

bool PathWalk::enter(const std::string& name) {
  const auto found = directory_->children.find(name);
  if (found == directory_->children.end()) return false;
  TreeNode& node = *found->second;
  if (node.is_directory()) {
    directory_ = &node;
    return true;
  }
  if (node.inode->type != TarEntry::Type::kSymlink) return false;
  if (++links_ > kLinkLimit) {
    throw Error(ErrorKind::kRefused, fmt::format("too many symbolic links on the way to `{}`",
                                                 printable_name(node.path())));
  }
  if (node.inode->target.starts_with('/')) directory_ = root_;
  push(node.inode->target);
  return true;
}

TreeNode* ImageTree::find(std::string_view path) {
  while (path.ends_with('/')) path.remove_suffix(1);
  const std::size_t slash = path.rfind('/');
  const std::string_view last = slash == std::string_view::npos ? path : path.substr(slash + 1);
  if (last.empty() || last == ".") return &root_;
  if (last == "..") return nullptr;
  PathWalk walk(*this, slash == std::string_view::npos ? "" : path.substr(0, slash));
  while (const auto part = walk.next()) {
    if (!walk.enter(*part)) return nullptr;
  }
  const auto found = walk.directory().children.find(last);
  return found == walk.directory().children.end() ? nullptr : found->second.get();
}

const TreeNode* ImageTree::find(std::string_view path) const {
  return const_cast<ImageTree*>(this)->find(path);
}

const TreeNode* ImageTree::find_followed(std::string_view path) const {
  PathWalk walk(const_cast<ImageTree&>(*this), path);
  std::optional<std::string> part = walk.next();
  while (part) {
    if (walk.enter(*part)) {
      part = walk.next();
      continue;
    }
    const auto found = walk.directory().children.find(*part);
    if (found == walk.directory().children.end() || walk.next()) return nullptr;
    return found->second.get();
  }
  return &walk.directory();
}

TreeNode& ImageTree::add(TreeNode& directory, std::string_view name, std::shared_ptr<Inode> inode) {
  if (size_ >= kNameLimit) {
    throw Error(ErrorKind::kRefused, fmt::format("the image has more than {} files", kNameLimit));
  }
  auto node = std::make_unique<TreeNode>();
  node->inode = std::move(inode);
  node->parent = &directory;
  node->name = name;
  if (const std::string path = node->path(); path.size() > kPathLimit) {
    throw Error(ErrorKind::kRefused, fmt::format("the path `{}` is longer than {} bytes",
                                                 printable_name(path), kPathLimit));
  }
  TreeNode& out = *node;
  directory.children.emplace(std::string(name), std::move(node));
  ++size_;
  return out;
}

void ImageTree::remove(TreeNode& node) {
  std::vector<const TreeNode*> below = {&node};
  for (std::size_t i = 0; i < below.size(); ++i) {
    for (const auto& child : below[i]->children) below.push_back(child.second.get());
  }
  size_ -= below.size();
  TreeNode* parent = node.parent;
  parent->children.erase(parent->children.find(node.name));
}

}  // namespace kasane::builder
