#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "tests/support/strict_registry.h"

namespace kasane::testing {

/// Faults for fail_at().
namespace fault {
/// The connection breaks before anything is done.
StrictRegistry::Fault reset();
/// It is done, and the answer gets lost.
StrictRegistry::Fault lost_answer();
/// Half of the answer's body comes.
StrictRegistry::Fault truncation();
StrictRegistry::Fault status(int status, std::optional<std::string> retry_after = std::nullopt);
/// The answer comes after so long, or one byte of it each time.
StrictRegistry::Fault late(std::chrono::milliseconds time);
StrictRegistry::Fault drip(std::chrono::milliseconds time);
/// The header is missing in the true answer.
StrictRegistry::Fault without(std::string header);
}  // namespace fault

}  // namespace kasane::testing
