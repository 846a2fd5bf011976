import { expect, test } from "vitest";
import { decodeBase85, encodeBase85, fromPlanes, toPlanes } from "./page-facts.ts";

test("the bytes of numbers are put side by side, and back", () => {
  expect([...toPlanes(Uint8Array.of(9, 1, 2, 3, 4, 5, 6, 7, 8, 0), 1)]).toEqual([9, 1, 5, 2, 6, 3, 7, 4, 8, 0]);
  for (const length of [0, 3, 4, 9, 40]) {
    const bytes = Uint8Array.from({ length }, (_, i) => i);
    for (const start of [0, 2]) expect(fromPlanes(toPlanes(bytes, start), start)).toEqual(bytes);
  }
});

test("bytes come back, in characters that mean nothing in HTML", () => {
  for (let length = 0; length < 40; length++) {
    const bytes = Uint8Array.from({ length }, (_, i) => (i % 3 === 0 ? 255 : (i * 89 + length * 7) % 256));
    const text = encodeBase85(bytes);
    expect(text).toHaveLength(Math.ceil((5 * length) / 4));
    expect(text).not.toMatch(/[<>&"'`\\\s-]/);
    expect(decodeBase85(text)).toEqual(bytes);
  }
});
