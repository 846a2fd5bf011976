import { createKey } from "pushforward";
import { expect, test } from "vitest";
import { momentsFromData, momentsToData } from "../jobs/shard-folder.ts";
import { ScoreSummary } from "./score-options.ts";

const none = { dropped: 0, droppedBy: new Map<string, number>() };

test("parts together have the mean and the error of the whole", () => {
  const values = Float64Array.from(createKey(0).normal(1000), (x) => 1e6 + x);
  const whole = new ScoreSummary();
  whole.look(values, none);
  const joined = new ScoreSummary();
  for (const [from, to] of [
    [0, 0],
    [0, 1],
    [1, 300],
    [300, 1000],
  ] as const) {
    const part = new ScoreSummary();
    part.look(values.subarray(from, to), { dropped: 1, droppedBy: new Map([["a", 1]]) });
    joined.lookAt(momentsFromData(JSON.parse(JSON.stringify(momentsToData(part.scoreMoments())))));
  }
  const [a, b] = [whole.toJson(), joined.toJson()];
  expect(b.rows).toBe(1000);
  expect(b.meanLogDensity).toBeCloseTo(a.meanLogDensity as number, 8);
  expect(b.standardError).toBeCloseTo(a.standardError as number, 10);
  expect([joined.dropped, joined.droppedBy.get("a")]).toEqual([4, 4]);
});

test("an impossible row makes the mean of all not finite", () => {
  const part = new ScoreSummary();
  part.look(Float64Array.of(1, Number.NEGATIVE_INFINITY), none);
  const joined = new ScoreSummary();
  joined.look(Float64Array.of(2), none);
  joined.lookAt(momentsFromData(JSON.parse(JSON.stringify(momentsToData(part.scoreMoments())))));
  expect(joined.toJson().meanLogDensity).toBeNull();
});
