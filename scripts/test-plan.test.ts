import { expect, test } from "vitest";
import { testPlan } from "./test-plan.mjs";

test("a test of a package needs no build, and the types of its package alone", () => {
  expect(testPlan(["packages/core/src/key.test.ts", "packages/core/src/shape.test.ts"])).toEqual({
    programs: [],
    projects: ["packages/core"],
  });
});

test("tests of the command line need no build, and those of the page both programs", () => {
  expect(testPlan(["apps/cli/src/main.test.ts", "packages/ops/src/clip.test.ts"])).toEqual({
    programs: [],
    projects: ["apps/cli", "packages/ops"],
  });
  expect(testPlan(["apps/playground/test/visit.test.ts"]).programs).toEqual(["apps/cli", "apps/playground"]);
  expect(testPlan(["apps/docs/test/site.test.ts"]).programs).toEqual(["apps/docs"]);
  expect(testPlan(["apps/playground/src/engine/bend.test.ts"]).programs).toEqual([]);
});

test("tests outside of packages have no types of their own to check", () => {
  expect(testPlan(["docs/examples.test.ts", "examples/src/main.test.ts"])).toEqual({
    programs: [],
    projects: ["examples"],
  });
});
