#include "builder/image/base_facts.h"

#include <array>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "builder/image/image_tree.h"
#include "builder/image/layer_merge.h"

namespace kasane::builder {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kTextLimit = std::size_t{1} << 20;
constexpr const char* kEnvironments = "root/.conda/environments.txt";
constexpr const char* kOsRelease = "etc/os-release";
constexpr std::array<const char*, 4> kDirectories = {"root", "root/.conda", "azureml-envs", "etc"};

/// Keeps the content of files that may turn out to be wanted: a link elsewhere may lead to them.
class KeepingSink final : public TreeSink {
 public:
  void put_directory(TreeNode&, bool) override {}
  void put_other(TreeNode&) override {}
  void put_hardlink(TreeNode&, const TreeNode&) override {}
  void remove(const TreeNode&) override {}
  void put_file(TreeNode& node, TarReader& content) override {
    const bool wanted = node.name == "environments.txt" || node.name == "os-release";
    if (!wanted || node.inode->size_bytes > kTextLimit) return;
    node.inode->text = read_all(content, kTextLimit, node.path());
  }
};

std::optional<std::string> find_text(const ImageTree& tree, std::string_view path) {
  const TreeNode* node = tree.find_followed(path);
  if (node == nullptr || node->inode->type != TarEntry::Type::kFile) return std::nullopt;
  if (node->inode->size_bytes > kTextLimit) {
    throw Error(ErrorKind::kRefused,
                fmt::format("`{}` of the base image is {} bytes large, more than {} are refused",
                            path, node->inode->size_bytes, kTextLimit));
  }
  return node->inode->text;
}

void add_directory(const ImageTree& tree, const std::string& path, BaseFacts& facts) {
  const TreeNode* node = tree.find_followed(path);
  if (node == nullptr || !node->is_directory()) return;
  const Inode& inode = *node->inode;
  facts.directories[path] = {inode.mode, inode.user_id, inode.group_id, inode.mtime, node->path()};
}

std::string hex_of(const std::string& bytes) { return to_hex(bytes); }

std::string bytes_of(const std::string& hex) {
  std::string out;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    const auto digit = [&](char c) {
      return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : 16;
    };
    const int high = digit(hex[i]);
    const int low = digit(hex[i + 1]);
    if (high > 15 || low > 15) throw Error(ErrorKind::kIntegrity, "expected hex digits");
    out += static_cast<char>(high << 4 | low);
  }
  if (hex.size() % 2 != 0) throw Error(ErrorKind::kIntegrity, "expected pairs of hex digits");
  return out;
}

Json write_text(const std::optional<std::string>& text) {
  return text ? Json(hex_of(*text)) : Json(nullptr);
}

std::optional<std::string> read_text(const Json& json) {
  if (json.is_null()) return std::nullopt;
  return bytes_of(json.get<std::string>());
}

}  // namespace

BaseFacts read_base_facts(const registry::ImageSource& image, std::string_view prefix) {
  ImageTree tree;
  KeepingSink sink;
  merge_layers(image, tree, sink);
  BaseFacts facts;
  for (const char* path : kDirectories) add_directory(tree, path, facts);
  for (std::size_t slash = prefix.find('/'); slash != std::string_view::npos;
       slash = prefix.find('/', slash + 1)) {
    add_directory(tree, std::string(prefix.substr(0, slash)), facts);
  }
  add_directory(tree, std::string(prefix), facts);
  // A link that leads nowhere takes the name too.
  const TreeNode* at_prefix = tree.find_followed(prefix);
  facts.prefix_in_use = at_prefix == nullptr
                            ? tree.find(prefix) != nullptr
                            : !at_prefix->is_directory() || !at_prefix->children.empty();
  facts.environments_text = find_text(tree, kEnvironments);
  facts.os_release_text = find_text(tree, kOsRelease);
  return facts;
}

std::string BaseFacts::render() const {
  Json out = Json::object();
  out["directories"] = Json::object();
  for (const auto& [path, facts] : directories) {
    Json item = Json::object();
    item["mode"] = facts.mode;
    item["user_id"] = facts.user_id;
    item["group_id"] = facts.group_id;
    item["mtime"] = facts.mtime;
    item["real_path"] = hex_of(facts.real_path);
    out["directories"][path] = std::move(item);
  }
  out["prefix_in_use"] = prefix_in_use;
  out["environments_text"] = write_text(environments_text);
  out["os_release_text"] = write_text(os_release_text);
  return out.dump();
}

BaseFacts BaseFacts::parse(std::string_view json) {
  return in_context(
      [] { return "in the facts of a base image"; },
      [&] {
        try {
          const Json document = Json::parse(json);
          BaseFacts out;
          for (const auto& item : document.at("directories").items()) {
            const Json& facts = item.value();
            out.directories[item.key()] = {
                facts.at("mode").get<std::uint32_t>(), facts.at("user_id").get<std::uint64_t>(),
                facts.at("group_id").get<std::uint64_t>(), facts.at("mtime").get<std::int64_t>(),
                bytes_of(facts.at("real_path").get<std::string>())};
          }
          out.prefix_in_use = document.at("prefix_in_use").get<bool>();
          out.environments_text = read_text(document.at("environments_text"));
          out.os_release_text = read_text(document.at("os_release_text"));
          return out;
        } catch (const nlohmann::json::exception& error) {
          throw Error(ErrorKind::kIntegrity, error.what());
        }
      });
}

}  // namespace kasane::builder
