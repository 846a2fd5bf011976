import { logSumExp } from "@pushforward/core/plain";
import { expect, test } from "vitest";
import { CategoryCoding } from "../../density/coding/category-coding.ts";
import { UNKNOWN } from "./column-tables.ts";
import { jointLogProb, mixtureTables } from "./mixture-tables.ts";

const coding = new CategoryCoding({ categories: ["a", "b"], counts: [3, 1] });
const tables = mixtureTables([0, Math.log(3)], [[0, 1, 2, 3]]);

function terms(code: number, logWeight: number, logFloor: number): Float64Array {
  const cells = {
    codes: Int32Array.of(code),
    logWeight: Float64Array.of(logWeight),
    logFloor: Float64Array.of(logFloor),
    missingCode: undefined,
  };
  const target = new Float64Array(2);
  jointLogProb(tables, [{ index: 0, coding, cells }], 0, target);
  return target;
}

test("parameters are normalized over components and over codes", () => {
  expect(Array.from(tables.logWeights, Math.exp)).toEqual([expect.closeTo(0.25, 12), expect.closeTo(0.75, 12)]);
  const [table] = tables.columns as [Float64Array];
  for (const k of [0, 1]) expect((table[k] as number) + (table[2 + k] as number)).toBeCloseTo(1, 12);
});

test("a cell without a density in its code has its floor, however small the density is", () => {
  expect(logSumExp(terms(0, -1e4, -30))).toBeCloseTo(-30, 12);
  expect(logSumExp(terms(-1, 0, -30))).toBeCloseTo(-30, 12);
  expect(logSumExp(terms(UNKNOWN, 0, -30))).toBeCloseTo(0, 12);
  // Just below and above where the tables are left out.
  const at = (logFloor: number): number => logSumExp(terms(0, -50, logFloor + coding.logHead));
  expect(at(-10 + 1e-9) - at(-10 - 1e-9)).toBeLessThan(1e-8);
});

test("many columns of tiny probabilities don't underflow", () => {
  const rare = mixtureTables(
    [0],
    Array.from({ length: 200 }, () => [-200, 0]),
  );
  const cells = {
    codes: Int32Array.of(0),
    logWeight: new Float64Array(1),
    logFloor: Float64Array.of(Number.NEGATIVE_INFINITY),
    missingCode: undefined,
  };
  const target = new Float64Array(1);
  const asked = rare.columns.map((_, index) => ({ index, coding, cells }));
  jointLogProb(rare, asked, 0, target);
  expect(target[0]).toBeCloseTo(200 * (Math.log(1e-35) + coding.logHead), 6);
});
