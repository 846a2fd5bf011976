import { expect, test } from "vitest";
import { decodeBase85, encodeBase85 } from "./base85.ts";

test("bytes come back, in characters that mean nothing in HTML", () => {
  for (let length = 0; length < 40; length++) {
    const bytes = Uint8Array.from({ length }, (_, i) => (i % 3 === 0 ? 255 : (i * 89 + length * 7) % 256));
    const text = encodeBase85(bytes);
    expect(text).toHaveLength(Math.ceil((5 * length) / 4));
    expect(text).not.toMatch(/[<>&"'`\\\s-]/);
    expect(decodeBase85(text)).toEqual(bytes);
  }
});
