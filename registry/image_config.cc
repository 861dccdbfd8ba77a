#include "registry/image_config.h"

#include <fmt/format.h>

#include "base/error.h"
#include "registry/json.h"

namespace kasane::registry {
namespace {

constexpr std::string_view kWhat = "the image configuration";
constexpr std::string_view kEpoch = "1970-01-01T00:00:00Z";

Error damaged(std::string message) { return Error(ErrorKind::kIntegrity, std::move(message)); }

void check_string_list(const Json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || found->is_null()) return;
  if (!found->is_array()) {
    throw damaged(fmt::format("{} has a `config.{}` that is no array", kWhat, key));
  }
  for (const Json& item : *found) {
    if (!item.is_string()) {
      throw damaged(
          fmt::format("{} has a `config.{}` with an entry that is no string", kWhat, key));
    }
  }
}

void check_run_parameters(const Json& document) {
  const auto found = document.find("config");
  if (found == document.end() || found->is_null()) return;
  if (!found->is_object()) throw damaged(fmt::format("{} has a `config` that is no object", kWhat));
  for (const char* key : {"Env", "Cmd", "Entrypoint"}) check_string_list(*found, key);
  optional_string_map(*found, "Labels", kWhat);
  optional_string(*found, "User", kWhat);
}

void check_history(const Json& document) {
  const auto found = document.find("history");
  if (found == document.end() || found->is_null()) return;
  if (!found->is_array()) throw damaged(fmt::format("{} has a `history` that is no array", kWhat));
}

void check_layers(const Json& document) {
  const Json& rootfs = require_field(document, "rootfs", kWhat);
  if (!rootfs.is_object() || require_string(rootfs, "type", kWhat) != "layers") {
    throw damaged(fmt::format("{} has a `rootfs` that is not of the type `layers`", kWhat));
  }
  const auto found = rootfs.find("diff_ids");
  // Docker writes null where there are no layers.
  if (found == rootfs.end() || found->is_null()) return;
  for (const Json& diff_id : require_array(rootfs, "diff_ids", kWhat)) {
    if (!diff_id.is_string()) {
      throw damaged(fmt::format("{} has a diff id that is no string", kWhat));
    }
    in_context([] { return fmt::format("in `rootfs.diff_ids` of {}", kWhat); },
               [&] { return DiffId::parse(diff_id.get_ref<const std::string&>()); });
  }
}

std::vector<std::string> string_list(const Json& document, const char* key) {
  const auto config = document.find("config");
  if (config == document.end() || config->is_null()) return {};
  const auto found = config->find(key);
  if (found == config->end() || found->is_null()) return {};
  return found->get<std::vector<std::string>>();
}

/// The field, made an object or array when it is missing or null.
Json& made(Json& object, const char* key, Json empty) {
  Json& field = object[key];
  if (field.is_null()) field = std::move(empty);
  return field;
}

std::string_view variable_name(std::string_view entry) { return entry.substr(0, entry.find('=')); }

}  // namespace

struct ImageConfig::State {
  Json document;
};

ImageConfig::ImageConfig(std::unique_ptr<State> state) : state_(std::move(state)) {}
ImageConfig::ImageConfig(const ImageConfig& other)
    : state_(std::make_unique<State>(*other.state_)) {}
ImageConfig& ImageConfig::operator=(const ImageConfig& other) {
  if (this != &other) state_ = std::make_unique<State>(*other.state_);
  return *this;
}
ImageConfig::ImageConfig(ImageConfig&&) noexcept = default;
ImageConfig& ImageConfig::operator=(ImageConfig&&) noexcept = default;
ImageConfig::~ImageConfig() = default;

ImageConfig ImageConfig::make(std::string_view architecture) {
  if (architecture != "amd64" && architecture != "arm64") {
    throw Error(
        ErrorKind::kUsage,
        fmt::format("expected the architecture `amd64` or `arm64`, got `{}`", architecture));
  }
  Json document = Json::object();
  document["created"] = kEpoch;
  document["architecture"] = architecture;
  document["os"] = "linux";
  if (architecture == "arm64") document["variant"] = "v8";
  document["config"] = Json::object();
  document["rootfs"] = {{"type", "layers"}, {"diff_ids", Json::array()}};
  document["history"] = Json::array();
  return ImageConfig(std::make_unique<State>(State{std::move(document)}));
}

ImageConfig ImageConfig::parse(std::string_view json) {
  Json document = parse_object(json, kWhat);
  refuse_other_case(document, {"architecture", "os", "variant", "config", "rootfs", "history"},
                    kWhat);
  for (const char* key : {"architecture", "os"}) {
    if (require_string(document, key, kWhat).empty()) {
      throw damaged(fmt::format("{} has an empty `{}`", kWhat, key));
    }
  }
  optional_string(document, "variant", kWhat);
  check_run_parameters(document);
  check_history(document);
  check_layers(document);
  return ImageConfig(std::make_unique<State>(State{std::move(document)}));
}

std::string ImageConfig::architecture() const {
  return state_->document["architecture"].get<std::string>();
}

Platform ImageConfig::platform() const {
  const Json& document = state_->document;
  return {require_string(document, "os", kWhat), require_string(document, "architecture", kWhat),
          optional_string(document, "variant", kWhat)};
}

std::vector<DiffId> ImageConfig::diff_ids() const {
  std::vector<DiffId> out;
  const Json& rootfs = state_->document.at("rootfs");
  const auto found = rootfs.find("diff_ids");
  if (found == rootfs.end()) return out;
  for (const Json& item : *found) {
    out.push_back(DiffId::parse(item.get_ref<const std::string&>()));
  }
  return out;
}

std::vector<std::pair<std::string, std::string>> ImageConfig::variables() const {
  std::vector<std::pair<std::string, std::string>> out;
  for (const std::string& entry : string_list(state_->document, "Env")) {
    const std::string_view name = variable_name(entry);
    out.emplace_back(name, name.size() < entry.size() ? entry.substr(name.size() + 1) : "");
  }
  return out;
}

std::optional<std::string> ImageConfig::find_variable(std::string_view name) const {
  for (auto& variable : variables()) {
    if (variable.first == name) return std::move(variable.second);
  }
  return std::nullopt;
}

void ImageConfig::set_variable(std::string_view name, std::string_view value) {
  if (name.empty() || name.find_first_of(std::string_view("=\0", 2)) != std::string_view::npos ||
      value.find('\0') != std::string_view::npos) {
    throw Error(ErrorKind::kUsage, fmt::format("expected the name of a variable, got `{}`", name));
  }
  Json& list = made(made(state_->document, "config", Json::object()), "Env", Json::array());
  std::string entry = fmt::format("{}={}", name, value);
  for (Json& item : list) {
    if (variable_name(item.get_ref<const std::string&>()) == name) {
      item = std::move(entry);
      return;
    }
  }
  list.push_back(std::move(entry));
}

std::map<std::string, std::string> ImageConfig::labels() const {
  const auto config = state_->document.find("config");
  if (config == state_->document.end() || config->is_null()) return {};
  return optional_string_map(*config, "Labels", kWhat);
}

void ImageConfig::set_label(std::string_view name, std::string_view value) {
  Json& map = made(made(state_->document, "config", Json::object()), "Labels", Json::object());
  map[std::string(name)] = value;
}

std::vector<std::string> ImageConfig::command() const {
  return string_list(state_->document, "Cmd");
}

std::vector<std::string> ImageConfig::entrypoint() const {
  return string_list(state_->document, "Entrypoint");
}

void ImageConfig::set_command_if_missing(const std::vector<std::string>& command) {
  if (!this->command().empty() || !entrypoint().empty()) return;
  made(state_->document, "config", Json::object())["Cmd"] = command;
}

void ImageConfig::append_layer(const DiffId& diff_id, std::string_view created_by) {
  made(state_->document["rootfs"], "diff_ids", Json::array()).push_back(diff_id.render());
  Json line = Json::object();
  line["created"] = kEpoch;
  line["created_by"] = created_by;
  made(state_->document, "history", Json::array()).push_back(std::move(line));
}

std::string ImageConfig::user() const {
  const auto config = state_->document.find("config");
  if (config == state_->document.end() || config->is_null()) return {};
  return optional_string(*config, "User", kWhat);
}

void ImageConfig::make_reproducible() {
  for (const char* key :
       {"author", "container", "container_config", "docker_version", "id", "parent"}) {
    state_->document.erase(key);
  }
  state_->document["created"] = kEpoch;
}

std::string ImageConfig::render() const { return render_json(state_->document, kWhat); }

}  // namespace kasane::registry
