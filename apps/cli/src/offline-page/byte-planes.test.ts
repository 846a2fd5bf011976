import { expect, test } from "vitest";
import { fromPlanes, toPlanes } from "./byte-planes.ts";

test("the bytes of numbers are put side by side, and back", () => {
  expect([...toPlanes(Uint8Array.of(9, 1, 2, 3, 4, 5, 6, 7, 8, 0), 1)]).toEqual([9, 1, 5, 2, 6, 3, 7, 4, 8, 0]);
  for (const length of [0, 3, 4, 9, 40]) {
    const bytes = Uint8Array.from({ length }, (_, i) => i);
    for (const start of [0, 2]) expect(fromPlanes(toPlanes(bytes, start), start)).toEqual(bytes);
  }
});
