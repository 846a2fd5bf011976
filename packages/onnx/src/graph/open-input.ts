import type { Dimensions } from "./dimension.ts";
import type { GraphValue } from "./graph.ts";

/** An input `[rows, n]` in float64, where n is the number of columns that have been taken. */
export class OpenInput implements GraphValue {
  readonly name: string;
  readonly type = "float64";
  private width = 0;

  constructor(name: string) {
    this.name = name;
  }

  get shape(): Dimensions {
    return [{ rows: 1 }, this.width];
  }

  /** The place of the first of some columns that nothing else reads. */
  take(count: number): number {
    this.width += count;
    return this.width - count;
  }
}
