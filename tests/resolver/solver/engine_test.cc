#include "resolver/solver/engine.h"

#include <gtest/gtest.h>

namespace kasane::resolver::solver {
namespace {

/// Terms by the values of small variables; the value after the last candidate is "absent".
class EngineTest : public testing::Test {
 protected:
  Variable variable(std::uint32_t candidates) { return engine_.add_variable(candidates); }

  SetRef set(std::initializer_list<std::uint32_t> values) {
    const SetRef kept = engine_.store().keep_set(1);
    for (const std::uint32_t value : values) bits::set(engine_.store().row(kept), value);
    return kept;
  }

  NogoodId forbid(std::vector<Term> terms) { return engine_.add_fact(terms, FactId(next_fact_++)); }

  std::vector<std::uint32_t> values(Variable v) const {
    std::vector<std::uint32_t> left;
    bits::for_each(engine_.domains().now(v), engine_.domains().words(v),
                   [&](std::uint32_t value) { left.push_back(value); });
    return left;
  }

  using Values = std::vector<std::uint32_t>;
  Engine engine_;
  std::uint32_t next_fact_ = 0;
};

TEST_F(EngineTest, RulesOutTheLastTermOfANogood) {
  const Variable a = variable(2);
  const Variable b = variable(2);
  const Variable c = variable(2);
  forbid({{a, set({0})}, {b, set({0, 1})}, {c, ~set({1})}});
  engine_.decide(b, 1);
  ASSERT_TRUE(engine_.propagate());
  EXPECT_EQ(values(c), (Values{0, 1, 2}));
  engine_.decide(a, 0);
  ASSERT_TRUE(engine_.propagate());
  EXPECT_EQ(values(c), Values{1});
}

TEST_F(EngineTest, DrawsAgainWhatALateFactSaysOfAnEarlierLevel) {
  const Variable a = variable(2);
  const Variable b = variable(2);
  const Variable c = variable(2);
  forbid({{a, set({0})}, {c, set({0})}});
  engine_.decide(a, 0);
  ASSERT_TRUE(engine_.propagate());
  engine_.decide(b, 0);
  ASSERT_TRUE(engine_.propagate());
  // Holds at level 1, and is met at level 2, where a conflict ends the stay.
  forbid({{a, set({0})}, {c, set({1})}});
  ASSERT_TRUE(engine_.propagate());
  EXPECT_EQ(values(c), Values{2});
  forbid({{a, set({0})}, {b, set({0})}});
  ASSERT_FALSE(engine_.propagate());
  ASSERT_TRUE(engine_.learn());
  ASSERT_TRUE(engine_.propagate());
  EXPECT_EQ(engine_.domains().level(), 1u);
  EXPECT_EQ(values(b), (Values{1, 2}));
  EXPECT_EQ(values(c), Values{2});
}

TEST_F(EngineTest, AGrownTermForcesWhatItNowMust) {
  const Variable a = variable(3);
  const Variable b = variable(2);
  const SetRef speakers = set({0});
  const NogoodId shared = forbid({{a, speakers}, {b, set({0, 2})}});
  bits::set(engine_.store().row(speakers), 1);
  engine_.grew(shared, a);
  engine_.decide(a, 1);
  ASSERT_TRUE(engine_.propagate());
  EXPECT_EQ(values(b), Values{1});
}

TEST_F(EngineTest, WatchesATermThatHeldWhenItsNogoodCame) {
  const Variable a = variable(3);
  const Variable b = variable(2);
  const Variable c = variable(2);
  engine_.decide(c, 0);
  engine_.decide(a, 0);
  ASSERT_TRUE(engine_.propagate());
  forbid({{a, set({0, 1, 3})}, {b, set({0, 1})}});
  ASSERT_TRUE(engine_.propagate());
  EXPECT_EQ(values(b), Values{2});
  forbid({{c, set({0})}, {a, set({0})}});
  ASSERT_FALSE(engine_.propagate());
  ASSERT_TRUE(engine_.learn());
  ASSERT_TRUE(engine_.propagate());
  EXPECT_EQ(values(a), (Values{1, 2, 3}));
  EXPECT_EQ(values(b), (Values{0, 1, 2}));
  // "Absent" stays possible, and is in the term's set.
  const Variable d = variable(1);
  forbid({{d, set({0})}, {a, set({2})}});
  engine_.decide(d, 0);
  ASSERT_TRUE(engine_.propagate());
  EXPECT_EQ(values(a), (Values{1, 3}));
  EXPECT_EQ(values(b), Values{2});
}

TEST_F(EngineTest, LearnsOneNogoodForManyCandidates) {
  const Variable a = variable(3);
  const Variable b = variable(3);
  const Variable c = variable(1);
  // Each of a's candidates needs b; each of b's needs c, and c must be absent.
  forbid({{a, ~set({3})}, {b, set({3})}});
  forbid({{b, ~set({3})}, {c, set({1})}});
  const Variable d = variable(1);
  engine_.decide(d, 0);
  ASSERT_TRUE(engine_.propagate());
  engine_.decide(a, 0);
  ASSERT_TRUE(engine_.propagate());
  EXPECT_EQ(values(c), Values{0});
  forbid({{c, set({0})}});
  ASSERT_FALSE(engine_.propagate());
  ASSERT_TRUE(engine_.learn());
  ASSERT_TRUE(engine_.propagate());
  EXPECT_EQ(engine_.domains().level(), 0u);
  EXPECT_EQ(values(a), Values{3});
}

TEST_F(EngineTest, ARefutationNamesTheFactsItRestsOn) {
  const Variable a = variable(1);
  const Variable b = variable(1);
  const Variable other = variable(1);
  forbid({{other, set({1})}});                 // 0
  forbid({{a, set({1})}});                     // 1
  forbid({{other, set({0})}, {b, set({5})}});  // 2
  forbid({{a, set({0})}, {b, set({1})}});      // 3
  forbid({{b, set({0})}});                     // 4
  ASSERT_FALSE(engine_.propagate());
  ASSERT_FALSE(engine_.learn());
  EXPECT_EQ(engine_.refutation(), (std::vector<FactId>{FactId(1), FactId(3), FactId(4)}));
}

TEST_F(EngineTest, AnExclusionIsPartOfWhatARefutationRestsOn) {
  const Variable a = variable(2);
  engine_.exclude(a, set({0}), FactId(7));
  engine_.exclude(a, set({2}), FactId(8));
  const Term last = {a, set({1})};
  engine_.add_fact({&last, 1}, FactId(9));
  ASSERT_FALSE(engine_.propagate());
  ASSERT_FALSE(engine_.learn());
  EXPECT_EQ(engine_.refutation(), (std::vector<FactId>{FactId(7), FactId(8), FactId(9)}));
}

TEST_F(EngineTest, TellsWhichVariablesCameDownToOneCandidate) {
  const Variable a = variable(2);
  const Variable b = variable(1);
  forbid({{a, ~set({1})}});
  forbid({{b, set({0})}});
  ASSERT_TRUE(engine_.propagate());
  EXPECT_EQ(engine_.take_fixed(), std::vector<Variable>{a});
  EXPECT_TRUE(engine_.take_fixed().empty());
}

}  // namespace
}  // namespace kasane::resolver::solver
