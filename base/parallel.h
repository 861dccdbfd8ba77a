#pragma once

#include <cstddef>
#include <functional>

namespace kasane {

/// How many threads to use when nobody says: the processors that this process may run on.
unsigned available_processors();

/// Calls `body(i)` for each i below `count`, on up to `threads` threads, begun in order of i. When
/// calls throw, no further ones begin, and the exception of the lowest i is thrown at the end.
void parallel_for(std::size_t count, unsigned threads,
                  const std::function<void(std::size_t)>& body);

}  // namespace kasane
