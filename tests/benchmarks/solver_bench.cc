#include <random>
#include <variant>

#include <benchmark/benchmark.h>

#include "resolver/solver/solver.h"
#include "tests/support/solver_large_world.h"

namespace kasane::test {
namespace {

using resolver::solver::Outcome;
using resolver::solver::PackageId;
using resolver::solver::Problem;
using resolver::solver::VersionSetId;

void report(benchmark::State& state, const Outcome& outcome) {
  state.counters["solved"] = std::holds_alternative<resolver::solver::Solution>(outcome.result);
  state.counters["decisions"] = outcome.effort.decisions;
  state.counters["conflicts"] = outcome.effort.conflicts;
  state.counters["packages"] = outcome.effort.packages;
  state.counters["candidates"] = outcome.effort.candidates;
}

void run(benchmark::State& state, LargeWorld& world, const Problem& problem) {
  Outcome outcome;
  for (auto _ : state) outcome = solve(world, problem);
  report(state, outcome);
}

void BM_Channel(benchmark::State& state) {
  static LargeWorld world;
  if (world.package_count() == 0) fill_like_a_channel(world, {});
  std::mt19937 random(static_cast<unsigned>(state.range(0)));
  std::vector<VersionSetId> wanted;
  for (int i = 0; i < 10; ++i) {
    wanted.push_back(world.any(PackageId(random() % world.package_count())));
  }
  run(state, world, world.request(wanted));
}
BENCHMARK(BM_Channel)->DenseRange(1, 20)->Unit(benchmark::kMillisecond);

/// Narrow ranges, and some packages wanted as they were long ago.
void BM_NarrowChannel(benchmark::State& state) {
  static LargeWorld world;
  if (world.package_count() == 0) {
    fill_like_a_channel(world, {.packages = 3000, .widest_range = 0.2});
  }
  std::mt19937 random(static_cast<unsigned>(state.range(0)));
  std::vector<VersionSetId> wanted;
  for (int i = 0; i < 5; ++i) {
    const PackageId package(random() % world.package_count());
    const std::uint32_t count = world.candidate_count(package);
    wanted.push_back(i < 4 ? world.any(package) : world.range(package, count / 2, count));
  }
  run(state, world, world.request(wanted));
}
BENCHMARK(BM_NarrowChannel)->DenseRange(1, 20)->Unit(benchmark::kMillisecond);

void BM_Lockstep(benchmark::State& state) {
  LargeWorld world;
  const Problem problem = fill_with_lockstep(world, static_cast<std::uint32_t>(state.range(0)));
  run(state, world, problem);
}
BENCHMARK(BM_Lockstep)->Arg(100)->Arg(1000)->Unit(benchmark::kMillisecond);

void BM_Pigeons(benchmark::State& state) {
  LargeWorld world;
  const Problem problem = fill_with_pigeons(world, static_cast<std::uint32_t>(state.range(0)));
  run(state, world, problem);
}
BENCHMARK(BM_Pigeons)->DenseRange(4, 8)->Unit(benchmark::kMillisecond);

void BM_Chain(benchmark::State& state) {
  LargeWorld world;
  const Problem problem = fill_with_chain(world, static_cast<std::uint32_t>(state.range(0)), 30);
  run(state, world, problem);
}
BENCHMARK(BM_Chain)->Arg(10)->Arg(100)->Arg(1000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace kasane::test

BENCHMARK_MAIN();
