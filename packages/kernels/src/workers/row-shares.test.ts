import { expect, test } from "vitest";
import { largestShare, rowShares } from "./row-shares.ts";

test("shares are whole blocks, differ by one block at most, and fit the memory of the largest batch", () => {
  for (let threads = 1; threads <= 9; threads++) {
    for (let most = 1; most <= 130; most++) {
      for (const rows of [most, Math.ceil(most / 2), 1]) {
        const bounds = rowShares(rows, threads);
        expect([bounds[0], bounds.length, bounds[threads]]).toEqual([0, threads + 1, rows]);
        const shares = bounds.slice(1).map((end, k) => end - (bounds[k] as number));
        // The main thread has the first share, and is never idle.
        const busy = shares.filter((share) => share > 0);
        expect(shares.slice(0, busy.length)).toEqual(busy);
        expect(busy).toHaveLength(Math.min(threads, Math.ceil(rows / 8)));
        expect(busy.slice(0, -1).every((share) => share % 8 === 0)).toBe(true);
        expect(Math.max(...busy) - Math.min(...busy)).toBeLessThan(16);
        expect(Math.max(...busy)).toBeLessThanOrEqual(largestShare(most, threads));
      }
    }
  }
});
