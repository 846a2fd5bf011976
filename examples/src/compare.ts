import type { ConditionalDistribution, Distribution, Key, Module, NdArray } from "pushforward";
import { panelFigure } from "pushforward/plots";
import type { Lab } from "./lab.ts";
import { freshNll } from "./measures.ts";

/** Rows of a table, and the context of each. */
export interface Rows {
  readonly x: NdArray;
  readonly context?: NdArray;
}

/** A density with a known formula: a toy set, a target on the line, or a simulator with an exact posterior. */
export interface Target {
  sample(key: Key, count: number): NdArray | Rows;
  logProb?(points: NdArray, context: NdArray): Float64Array;
  readonly entropy?: number;
  readonly gaussianLimit?: number;
}

/** Model types that the examples fit. */
export type Model = Distribution | ConditionalDistribution;

/** A fitted model, its processor time, and its training results. */
export interface Fitted {
  readonly model: Model & Partial<Module>;
  readonly seconds: number;
  readonly figures?: Readonly<Record<string, number>>;
}

/** Fits a model to rows. The context is the context of a conditional target. */
export type Fit = (x: NdArray, key: Key, context: NdArray) => Promise<Fitted>;

/** One comparison of the original with ours on the same rows. */
export interface Comparison<T extends Target> {
  /** File name of the picture, and the name in the log. */
  readonly name: string;
  readonly model: string;
  readonly target: T | ((key: Key) => T);
  readonly rows: number;
  readonly original?: Fit;
  readonly ours: Fit;
  /** The best that the original can reach, if above the entropy. */
  readonly limit?: number;
  /** Results of the fits that the notebook prints too. */
  readonly printed?: readonly {
    readonly figure: string;
    readonly quantity: string;
    readonly notebook: number | string;
  }[];
  readonly notebook?: string;
  /** See the rows of a lab. */
  readonly uneven?: boolean;
  /** Draws the model learned from the rows of seed 0. */
  readonly draw: (title: string, model: Model, target: T, x: NdArray, context: NdArray) => string;
}

/** Number of test rows, which no fit sees. */
const FRESH = 20_000;

/** Fits both models for each seed, evaluates both on fresh rows of the same density, and draws the models of seed 0. */
export async function compare<T extends Target>(lab: Lab, spec: Comparison<T>): Promise<void> {
  const pictures: string[] = [];
  const entropies: number[] = [];
  const limits: number[] = [];
  const over = (name: string, fit: Fit) =>
    lab.repeat(`${spec.name} ${name}`, async (key, seed) => {
      const target = typeof spec.target === "function" ? spec.target(key.fold("target")) : spec.target;
      const { x, context = x } = rowsOf(target, key.fold("data"), lab.size(spec.rows, Math.min(spec.rows, 200)));
      const fresh = rowsOf(target, key.fold("fresh"), lab.size(FRESH, 500));
      const { model, seconds, figures } = await fit(x, key.fold(`${spec.model} ${name}`), context);
      const truth = target.logProb?.(fresh.x, fresh.context ?? fresh.x) ?? new Float64Array(0);
      entropies[seed] = target.entropy ?? Number.NaN;
      limits[seed] = spec.limit ?? target.gaussianLimit ?? Number.NaN;
      const nll = freshNll(model, fresh, truth, entropies[seed] as number);
      if (seed === 0) pictures.push(spec.draw(name, model, target, x, context));
      model.dispose?.();
      return { fresh: nll, seconds, ...figures };
    });
  const original = spec.original && (await over("original", spec.original));
  const ours = await over("ours", spec.ours);
  const seconds = {
    ...(original && { faithfulSeconds: original.seconds }),
    oursSeconds: ours.seconds,
  };
  const values = (figure: string): { faithful?: readonly number[]; ours?: readonly number[] } => {
    const faithful = (original as Readonly<Record<string, number[]>> | undefined)?.[figure];
    const own = (ours as Readonly<Record<string, number[]>>)[figure];
    return { ...(faithful && { faithful }), ...(own && { ours: own }) };
  };
  for (const { figure, quantity, notebook } of spec.printed ?? []) {
    lab.row({ model: spec.model, quantity, notebook, ...values(figure) });
  }
  const average = (list: number[]): number => list.reduce((sum, value) => sum + value / list.length, 0);
  const limit = average(limits);
  lab.row({
    model: spec.model,
    quantity: `−log q of ${FRESH.toLocaleString("en")} fresh rows`,
    ...(spec.uneven && { uneven: true }),
    ...(spec.notebook && { notebook: spec.notebook }),
    floor: average(entropies),
    ...(Number.isFinite(limit) && { limit }),
    ...values("fresh"),
    ...seconds,
  });
  lab.picture(spec.name.replaceAll(" ", "-"), panelFigure({ plots: pictures, title: spec.model }));
}

function rowsOf(target: Target, key: Key, count: number): Rows {
  const drawn = target.sample(key, count);
  return "data" in drawn ? { x: drawn } : drawn;
}
