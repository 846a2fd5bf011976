import { expect, test, vi } from "vitest";
import { PlanCache } from "../index.ts";

test("what is made for a model and a key is made once", () => {
  const cache = new PlanCache<{ readonly name: string }>();
  const [one, other] = [{}, {}];
  const make = vi.fn((name: string) => ({ name }));
  const get = (model: object, ...key: (string | number)[]) => cache.get(model, key, () => make(key.join("/")));
  const first = get(one, "logProb", 3);
  expect(get(one, "logProb", 3)).toBe(first);
  expect(make).toHaveBeenCalledOnce();
  const others = [get(other, "logProb", 3), get(one, "logProb", 33), get(one, "logProb", 3, 3), get(one, "forward", 3)];
  expect(new Set([first, ...others]).size).toBe(5);
  expect([get(other, "logProb", 3), get(one, "logProb", 3)]).toEqual([others[0], first]);
  expect(make).toHaveBeenCalledTimes(5);
});

test("a failure is not kept", () => {
  const cache = new PlanCache<number>();
  const model = {};
  const fail = (): number => {
    throw new Error("not now");
  };
  expect(() => cache.get(model, [], fail)).toThrow("not now");
  expect(cache.get(model, [], () => 7)).toBe(7);
});
