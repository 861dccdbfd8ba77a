#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/digest.h"
#include "registry/platform.h"

namespace kasane::registry {

/// An image's configuration. Fields that are not named here are kept as they were read, in their
/// order. A value; not thread-safe while it is changed.
class ImageConfig {
 public:
  /// A new one for `linux/amd64` or `linux/arm64`, without layers.
  static ImageConfig make(std::string_view architecture);
  /// An Error of kind kIntegrity says what is wrong.
  static ImageConfig parse(std::string_view json);
  ImageConfig(const ImageConfig&);
  ImageConfig& operator=(const ImageConfig&);
  ImageConfig(ImageConfig&&) noexcept;
  ImageConfig& operator=(ImageConfig&&) noexcept;
  ~ImageConfig();

  std::string architecture() const;
  Platform platform() const;
  std::vector<DiffId> diff_ids() const;
  std::optional<std::string> find_variable(std::string_view name) const;
  /// In their order. An entry without `=` has an empty value.
  std::vector<std::pair<std::string, std::string>> variables() const;
  /// Replaces the variable in its place, or appends it.
  void set_variable(std::string_view name, std::string_view value);
  std::map<std::string, std::string> labels() const;
  void set_label(std::string_view name, std::string_view value);
  std::vector<std::string> command() const;
  std::vector<std::string> entrypoint() const;
  void set_command_if_missing(const std::vector<std::string>& command);
  /// Adds a layer on top, with one history line. `created` is fixed to the epoch.
  void append_layer(const DiffId& diff_id, std::string_view created_by);
  std::string user() const;
  /// Drops what differs from build to build (`author`, container ids), and sets `created` to the
  /// epoch.
  void make_reproducible();
  /// The document that names it; parse(render()) renders the same.
  std::string render() const;

 private:
  struct State;
  explicit ImageConfig(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace kasane::registry
