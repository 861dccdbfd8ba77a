#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "resolver/conda/candidate_book.h"
#include "resolver/pypi/pythons.h"
#include "resolver/resolve/conda_requests.h"

namespace kasane::resolver {

/// conda's builds of one CPython, whose differences wheels and markers do not see.
struct CondaPython {
  pypi::PypiTarget target;
  /// In the order of conda's candidates.
  std::vector<std::uint32_t> places;
};

/// The CPythons that requests leave possible, in the order of conda's candidates. Where they leave
/// none, all that there are: then conda's side tells what is wrong.
std::vector<CondaPython> list_conda_pythons(CandidateBook& book,
                                            std::span<const CondaRequest> requests,
                                            const std::string& platform);

/// What wheels' tags say of a platform of conda's with these virtual packages.
std::string wheel_machine(const std::string& platform);
pypi::TargetLibc target_libc(const VirtualPackages& virtual_packages);
/// A locked or recorded build string of conda's Python without the global lock.
bool is_free_threaded(std::string_view build);

}  // namespace kasane::resolver
