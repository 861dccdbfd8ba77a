#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/error.h"
#include "builder/image/layer_merge.h"

namespace {

/// Checks what every sink relies on: a change is told of a node that hangs in the tree.
class CheckingSink final : public kasane::builder::TreeSink {
 public:
  void put_directory(kasane::builder::TreeNode& node, bool) override { check(node); }
  void put_file(kasane::builder::TreeNode& node, kasane::TarReader&) override { check(node); }
  void put_other(kasane::builder::TreeNode& node) override { check(node); }
  void put_hardlink(kasane::builder::TreeNode& node,
                    const kasane::builder::TreeNode& target) override {
    check(node);
    check(target);
    if (target.is_directory()) __builtin_trap();
  }
  void remove(const kasane::builder::TreeNode& node) override {
    check(node);
    if (node.parent == nullptr) __builtin_trap();
  }

 private:
  static void check(const kasane::builder::TreeNode& node) {
    if (node.parent == nullptr) return;
    if (!node.parent->is_directory() || node.name.empty() || node.name == "." ||
        node.name == ".." || node.name.find('/') != std::string::npos) {
      __builtin_trap();
    }
    if (node.parent->children.at(node.name).get() != &node) __builtin_trap();
  }
};

}  // namespace

/// Two layers, split in the middle.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace kasane;
  const std::string_view all(reinterpret_cast<const char*>(bytes), size);
  const std::size_t half = size / 1024 * 512;
  builder::ImageTree tree;
  CheckingSink sink;
  try {
    std::size_t number = 1;
    for (const std::string_view layer : {all.substr(0, half), all.substr(half)}) {
      StringSource source(layer);
      TarReader reader(source);
      builder::merge_layer(reader, number++, tree, sink);
    }
  } catch (const Error&) {
  }
  return 0;
}
