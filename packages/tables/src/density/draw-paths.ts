import type { Column } from "@pushforward/datasets";
import type { HolePlaces } from "../mixtures/hole-rows.ts";
import { type Cell, cellAt } from "./dependent-cells.ts";

/** More than the different cells of a column. */
const MOST_CELLS = 2 ** 26;

const NONE = -1;

/** Draws of a row with the same cells in all holes up to now are on the same path: networks see no difference. */
export class DrawPaths {
  private readonly times: number;
  /** The path of each draw. */
  private readonly paths: Int32Array;
  private count: number;
  /** 1 for a row whose draws are all on paths of their own. */
  private readonly isSplit: Uint8Array;
  /** The place of each path among the first draws while these are collected, otherwise {@link NONE}. */
  private firstPlaces = new Int32Array();

  /** @param times draws of each row. */
  constructor(rows: number, times: number) {
    this.times = times;
    this.paths = Int32Array.from({ length: rows * times }, (_, at) => Math.floor(at / times));
    this.count = rows;
    this.isSplit = new Uint8Array(rows);
  }

  /** Splits the paths by the cells drawn in the holes of a column. */
  add({ rows }: HolePlaces, drawn: Column): void {
    const { times, paths, isSplit } = this;
    const cells = new Map<Cell, number>();
    const known = new Map<number, number>();
    for (const [place, row] of rows.entries()) {
      if (isSplit[row] === 1) continue;
      let own = 0;
      for (let i = 0; i < times; i++) {
        const cell = cellAt(drawn, place * times + i);
        const id = cells.get(cell) ?? cells.size;
        cells.set(cell, id);
        const name = (paths[row * times + i] as number) * MOST_CELLS + id;
        let path = known.get(name);
        if (path === undefined) {
          path = this.count++;
          own++;
          known.set(name, path);
        }
        paths[row * times + i] = path;
      }
      if (own === times) isSplit[row] = 1;
    }
  }

  /**
   * Returns one draw of each path, and for each draw its place among these.
   *
   * @param draws places of draws among all draws of all rows.
   */
  distinct(draws: ArrayLike<number>): { readonly firsts: readonly number[]; readonly places: Int32Array } {
    const firsts: number[] = [];
    if (this.firstPlaces.length < this.count) this.firstPlaces = new Int32Array(2 * this.count).fill(NONE);
    const known = this.firstPlaces;
    const places = new Int32Array(draws.length);
    for (let d = 0; d < draws.length; d++) {
      const draw = draws[d] as number;
      const path = this.paths[draw] as number;
      if (known[path] === NONE) known[path] = firsts.push(draw) - 1;
      places[d] = known[path] as number;
    }
    for (const draw of firsts) known[this.paths[draw] as number] = NONE;
    return { firsts, places };
  }
}
