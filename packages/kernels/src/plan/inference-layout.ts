import type { PlanData } from "@pushforward/core/plain";
import { type PlanLayout, planLayout } from "./plan-layout.ts";

/** Numbers that the arena of an inference may take, 16 MiB: memory stays constant for any number of rows. */
const ARENA_SIZE = 1 << 22;
const SMALLEST_CHUNK = 64;

/** Rows that are computed at a time, at most. */
export const LARGEST_CHUNK = 512;

/** Rows at a time, up to `rows`, such that what a plan touches stays in the caches. */
export function inferenceLayout(plan: PlanData, rows: number): PlanLayout {
  let chunk = rows;
  let layout = planLayout(plan, chunk);
  while (layout.size > ARENA_SIZE && chunk > SMALLEST_CHUNK) {
    chunk = Math.max(SMALLEST_CHUNK, chunk >> 1);
    layout = planLayout(plan, chunk);
  }
  return layout;
}
