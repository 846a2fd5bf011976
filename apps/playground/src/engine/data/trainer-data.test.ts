import { expect, test } from "vitest";
import { TOY_NAMES } from "../../shared/settings.ts";
import { thumbnails } from "./trainer-data.ts";

test("each toy set has a picture of its own, inside of its square", () => {
  const paths = thumbnails();
  expect(Object.keys(paths)).toEqual([...TOY_NAMES]);
  expect(new Set(Object.values(paths)).size).toBe(TOY_NAMES.length);
  for (const path of Object.values(paths)) {
    const numbers = [...path.matchAll(/M([\d.]+) ([\d.]+)h0/g)].flatMap(([, x, y]) => [Number(x), Number(y)]);
    expect(numbers).toHaveLength(320);
    expect(Math.min(...numbers)).toBeGreaterThanOrEqual(4);
    expect(Math.max(...numbers)).toBeLessThanOrEqual(36);
    // It is a picture, not a heap at one place.
    expect(Math.max(...numbers) - Math.min(...numbers)).toBeGreaterThan(15);
  }
});
