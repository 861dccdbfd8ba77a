#pragma once

#include <string>
#include <vector>

#include "tests/support/zip_builder.h"

namespace kasane::testing {

/// A wheel to be made. METADATA, WHEEL and a RECORD that fits are added; a member given by one of
/// those names takes its place.
struct WheelBlueprint {
  std::string name = "demo";
  std::string version = "1.0";
  std::vector<ZipMember> members = {};
  std::string wheel_version = "1.0";
  std::string extra_metadata = {};

  std::string dist_info() const { return name + "-" + version + ".dist-info"; }
  std::string data() const { return name + "-" + version + ".data"; }
  std::string file_name() const { return name + "-" + version + "-py3-none-any.whl"; }
};

std::string make_wheel(const WheelBlueprint& blueprint);

}  // namespace kasane::testing
