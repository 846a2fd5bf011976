// From a table to the model of its density: which members, how they are trained, and with which weights they are mixed.
import {
  cpuSeconds,
  type Distribution,
  isConditionalDistribution,
  type Module,
  ndArray,
  OptionError,
  parameterCount,
} from "@pushforward/core";
import { fitMixtureWeights } from "@pushforward/distributions";
import { ConditionalFlow, Flow, logProbRows } from "@pushforward/flows";
import type { TrainResult } from "@pushforward/training";
import { chain, type QuantileSpline, quantileSpline } from "@pushforward/transforms";
import * as tf from "@tensorflow/tfjs-core";
import { assembleModel } from "./assemble-model.ts";
import type { AutoBaselines, AutoEvent, AutoMember, AutoResult } from "./auto-events.ts";
import {
  type AutoOptions,
  type AutoRows,
  checkAutoOptions,
  type MemberKind,
  mayAddMember,
  membersOf,
} from "./auto-options.ts";
import { type FittedBase, fitBase } from "./base-density.ts";
import { waitNote } from "./check-width.ts";
import { kernelDensityNll } from "./kernel-density.ts";
import { type Member, makeMember } from "./member.ts";
import { type MemberSettings, memberSettings } from "./member-settings.ts";
import { type PreparedRows, prepareRows, type StandardRows } from "./prepare-rows.ts";
import { isSlowBase, type TrainedMember, trainMember } from "./train-member.ts";

/** Members of less weight are left out: they cost time and change nothing. */
const LEAST_WEIGHT = 0.005;

/**
 * Learns the density of a table without choices to make, and tells in words what it chose and why.
 *
 * Two flows of different kinds are trained that start as fitted densities and can only get better on the validation rows:
 * autoregressive splines over a mixture of Gaussians, whose number is chosen; and a spline for each column through its
 * quantiles, then autoregressive splines over one Gaussian. The model is the mixture of both, with the weights that are
 * best on the validation rows: the first is good where the data are in clusters, the second where columns have shapes of
 * their own. A third one, as the second but with affine layers, is trained where the second has soon begun to learn rows
 * by heart, and so has left time.
 *
 * @param data rows `[n, columns]` in their own units, and their context.
 * @throws {DataError} a number that is not finite, or too few rows.
 * @throws {ShapeError} arrays that do not fit each other.
 * @throws {OptionError} an option out of range.
 * @example
 * for await (const event of fitAuto({ x: ndArray([n, 3], values) }, { key: createKey(0) })) {
 *   if (event.type === "note") console.log(event.text);
 * }
 */
export async function* fitAuto(data: AutoRows, options: AutoOptions): AsyncGenerator<AutoEvent, AutoResult, void> {
  checkAutoOptions(options);
  const run = new AutoRun(data, options);
  let isDone = false;
  try {
    const result = yield* run.events();
    isDone = true;
    return result;
  } finally {
    if (!isDone) run.dispose();
  }
}

/**
 * Runs {@link fitAuto} to its end and gives the result, without the events.
 *
 * @throws what `fitAuto` throws.
 * @example
 * const { model, validationNll } = await auto({ x: ndArray([n, 3], values) }, { key: createKey(0) });
 */
export async function auto(data: AutoRows, options: AutoOptions): Promise<AutoResult> {
  const events = fitAuto(data, options);
  for (;;) {
    const next = await events.next();
    if (next.done) return next.value;
  }
}

/** A member and what it came to, in standard units. */
interface Candidate {
  readonly member: Member;
  readonly kind: MemberKind;
  readonly settings: MemberSettings;
  readonly base: FittedBase;
  readonly start: number;
  readonly logProb: Float64Array;
  readonly trained: TrainedMember;
}

class AutoRun {
  private readonly options: AutoOptions;
  private readonly rows: PreparedRows;
  private readonly log: string[] = [];
  /** What is freed when the work ends without a result. */
  private readonly owned: Module[] = [];
  private readonly startTime: number = performance.now();
  private readonly startCpu: number | undefined = cpuSeconds();

  constructor(data: AutoRows, options: AutoOptions) {
    this.options = options;
    this.rows = prepareRows(data, options);
  }

  async *events(): AsyncGenerator<AutoEvent, AutoResult, void> {
    const { rows, options } = this;
    yield* this.introduce();
    const wait = waitNote(rows.train.x.shape[1] as number);
    if (wait !== undefined) yield this.note(wait);
    const baselines = await this.baselines();
    yield this.note(
      `Without layers: a Gaussian ${this.nats(baselines.gaussian)}, ${baselines.base.description} ` +
        `${this.nats(baselines.mixture)}` +
        (baselines.kernel === undefined ? "." : `, a kernel density estimate ${this.nats(baselines.kernel)}.`),
    );
    const kinds = membersOf(options, rows.train.x.shape as unknown as readonly [number, number]);
    const candidates: Candidate[] = [];
    if (kinds.length === 0) {
      const member = this.own(bareMember(baselines.base));
      if (rows.train.context !== undefined && !(member instanceof ConditionalFlow)) {
        throw new OptionError(
          "auto: expected a context of numbers or of one block of classes for a mixture of Gaussians alone, got several " +
            "blocks. Layers take any context: leave members out.",
        );
      }
      return this.result([member], [1], [], baselines.mixture, baselines);
    }
    for (const [index, kind] of kinds.entries()) {
      if (index > 0 && options.signal?.aborted) break;
      candidates.push(yield* this.member(index, kinds.length, kind, baselines.base));
    }
    const reason = this.whyAffine(candidates);
    if (reason !== undefined) {
      yield this.note(`${reason} A third member, of affine layers, is trained.`);
      candidates.push(yield* this.member(candidates.length, candidates.length + 1, "affine", baselines.base));
    }
    const weights = this.weightsOf(candidates);
    yield* this.explainWeights(candidates, weights);
    const members = candidates.map((candidate, i) => this.report(candidate, weights[i] as number));
    for (const [i, { member }] of candidates.entries()) if (weights[i] === 0) member.dispose();
    const logProbs = candidates.map(({ logProb }) => logProb);
    const validationNll = this.inTableUnits(mixtureNll(logProbs, weights));
    yield this.note(`The model: ${this.nats(validationNll)}.`);
    const kept = candidates.filter((_, i) => weights[i] !== 0).map(({ member }) => member);
    return this.result(
      kept,
      weights.filter((weight) => weight > 0),
      members,
      validationNll,
      baselines,
    );
  }

  private result(
    kept: readonly Member[],
    weights: readonly number[],
    members: readonly AutoMember[],
    validationNll: number,
    { gaussian, mixture, kernel }: AutoBaselines,
  ): AutoResult {
    const { rows, options } = this;
    const cpu = cpuSeconds();
    return {
      model: assembleModel(kept, weights, rows),
      members,
      baselines: { gaussian, mixture, ...(kernel !== undefined && { kernel }) },
      validationNll,
      trainRows: rows.train.x.shape[0] as number,
      validationRows: rows.validation.x.shape[0] as number,
      dequantised: [...rows.dequantised.keys()],
      steps: [...rows.dequantised.values()],
      constant: rows.constant,
      reason: options.signal?.aborted ? "aborted" : "completed",
      log: this.log,
      seconds: (performance.now() - this.startTime) / 1000,
      ...(cpu !== undefined && this.startCpu !== undefined && { cpuSeconds: cpu - this.startCpu }),
    };
  }

  dispose(): void {
    for (const part of this.owned) part.dispose();
  }

  private *introduce(): Generator<AutoEvent, void, void> {
    const { rows, options } = this;
    yield this.note(
      "All figures are negative log-likelihoods of the validation rows, in nats a row and the units of the table: " +
        "lower is better. While a member trains, its losses are those of standardised columns.",
    );
    const names = (indices: readonly number[]): string =>
      indices.map((j) => options.columnNames?.[j] ?? String(j + 1)).join(", ");
    const ofStep = (step: number): number[] =>
      [...rows.dequantised].flatMap(([column, own]) => (own === step ? [column] : []));
    const steps = [...new Set(rows.dequantised.values())].sort((a, b) => a - b);
    for (const step of steps) {
      const text =
        step === 1
          ? `Integers in ${names(ofStep(1))}: noise of ±½ was added to what the model learns from, so that its ` +
            "density, integrated over k ± ½, is the probability of the integer k."
          : `Steps of ${step} in ${names(ofStep(step))}: noise of ± half a step was added to what the model learns from, ` +
            "so that its density, integrated over a step around a number, is the probability of it.";
      yield this.note(text);
    }
    if (rows.constant.length > 0) {
      yield this.note(
        `All numbers are the same in ${names(rows.constant)}: such a density has no upper bound, and the figures say little.`,
      );
    }
  }

  private async baselines(): Promise<{ gaussian: number; mixture: number; kernel?: number; base: FittedBase }> {
    const { train, validation } = this.rows;
    const one = await this.fitBase(train, validation, "gaussian", { components: 1 });
    const base = await this.fitBase(train, validation, "mixture", {});
    return {
      gaussian: this.inTableUnits(startNll(one, validation)),
      mixture: this.inTableUnits(startNll(base, validation)),
      ...(this.options.kernelBaseline === true && {
        kernel: this.inTableUnits(kernelDensityNll(train.x, validation.x)),
      }),
      base,
    };
  }

  private async *member(
    index: number,
    count: number,
    kind: MemberKind,
    mixture: FittedBase,
  ): AsyncGenerator<AutoEvent, Candidate, void> {
    const { options } = this;
    const { train, validation } = this.rows;
    const key = options.key.fold(`member.${index}`);
    const features = train.x.shape[1] as number;
    const settings = memberSettings(kind, train.x.shape as unknown as readonly [number, number], options);
    const { knots } = settings;
    const quantiles = knots === undefined ? undefined : this.own(quantileSpline(train.x, { knots }));
    // Another start for a second mixture, which else would make the same mistakes.
    const base =
      quantiles === undefined
        ? index === 0
          ? mixture
          : await this.fitBase(train, validation, `mixture.${index}`, {})
        : await this.fitBase(transformed(quantiles, train), transformed(quantiles, validation), kind, {
            widened: true,
          });
    const context = train.context?.shape[1] ?? 0;
    const member = this.own(makeMember(features, context, base.create(), quantiles, key, settings));
    const events = trainMember(member, base, train, validation, settings, { ...options, key: key.fold("fit") });
    let start = Number.NaN;
    let trained: TrainedMember | undefined;
    try {
      for (;;) {
        const next = await events.next();
        if (next.done) {
          trained = next.value;
          break;
        }
        if (next.value.type === "start") start = next.value.validationLoss ?? Number.NaN;
        yield { type: "member", index, count, kind, event: next.value };
      }
    } finally {
      // Whoever leaves the loop leaves the training, too.
      if (trained === undefined) await events.return(undefined as never);
    }
    const logProb = logProbRows(member, validation.x, validation.context);
    const { result, diverged } = trained;
    const rows = train.x.shape[0] as number;
    // The signal may come before the start is judged: then nothing was learned either.
    if (Number.isNaN(start)) start = -mean(logProb);
    yield this.note(
      `Member ${index + 1}, ${quantiles === undefined ? "" : "a spline through the quantiles of each column, then "}` +
        `autoregressive ${kind === "affine" ? "affine maps" : "splines"} over ${base.description}` +
        (isSlowBase(base, rows) ? " (trained at a tenth of the rate: there are few rows for so many numbers)" : "") +
        `: started at ${this.nats(this.inTableUnits(start))}, ended at ${this.nats(this.inTableUnits(-mean(logProb)))}, ` +
        wayOf(result) +
        (diverged === undefined ? "." : `. ${diverged.message}`),
    );
    return { member, kind, settings, base, start, logProb, trained };
  }

  /** In words: why a third member is worth its time; undefined where it is not. */
  private whyAffine(candidates: readonly Candidate[]): string | undefined {
    const { options, rows } = this;
    const quantile = candidates.find(({ kind }) => kind === "quantile");
    if (quantile === undefined || !mayAddMember(options) || options.signal?.aborted) return undefined;
    // Affine maps of one column alone are one affine map.
    if (rows.train.x.shape[1] === 1 && rows.train.context === undefined) return undefined;
    const { bestEpoch = 0 } = quantile.trained.result;
    if (2 * bestEpoch >= quantile.settings.epochs) return undefined;
    return `Member 2 was at its best early, in epoch ${bestEpoch} of ${quantile.settings.epochs}: it learns rows by heart.`;
  }

  private own<T extends Module>(part: T): T {
    this.owned.push(part);
    return part;
  }

  private fitBase(
    train: StandardRows,
    validation: StandardRows,
    part: string,
    what: { readonly components?: number; readonly widened?: boolean },
  ): Promise<FittedBase> {
    const { key, contextClasses = [], signal } = this.options;
    return fitBase(train, validation, { key: key.fold(`base.${part}`), ...what, classes: contextClasses, signal });
  }

  private weightsOf(candidates: readonly Candidate[]): number[] {
    const logProbs = candidates.map(({ logProb }) => logProb);
    if (this.options.select === true) {
      const means = logProbs.map(mean);
      const best = means.indexOf(Math.max(...means));
      return means.map((_, i) => (i === best ? 1 : 0));
    }
    const { weights } = fitMixtureWeights(logProbs);
    const kept = Array.from(weights, (weight) => (weight < LEAST_WEIGHT ? 0 : weight));
    const sum = kept.reduce((a, b) => a + b, 0);
    return kept.map((weight) => weight / sum);
  }

  private *explainWeights(
    candidates: readonly Candidate[],
    weights: readonly number[],
  ): Generator<AutoEvent, void, void> {
    if (candidates.length < 2) return;
    if (this.options.select === true) {
      yield this.note(`Kept: member ${weights.indexOf(1) + 1}, which is best on the validation rows.`);
      return;
    }
    const shares = weights.map((weight) => weight.toFixed(2)).join(", ");
    const left = weights.filter((weight) => weight === 0).length;
    yield this.note(
      `The members are mixed with the weights ${shares}, the best ones on the validation rows` +
        (left === 0 ? "." : `; ${plural(left, "member")} without weight left out.`),
    );
  }

  private report({ member, kind, base, start, logProb, trained }: Candidate, weight: number): AutoMember {
    return {
      kind,
      weight,
      components: base.components,
      parameters: weight === 0 ? 0 : parameterCount(member.parameters()),
      startNll: this.inTableUnits(start),
      validationNll: this.inTableUnits(-mean(logProb)),
      training: trained.result,
    };
  }

  private note(text: string): AutoEvent {
    this.log.push(text);
    return { type: "note", text };
  }

  private inTableUnits(nll: number): number {
    return nll + this.rows.logVolume;
  }

  private nats(value: number): string {
    return value.toFixed(3);
  }
}

/** In words: how long a member was trained, and what came of it. */
function wayOf({ reason, epochs, bestEpoch }: TrainResult): string {
  if (epochs === 0 || bestEpoch === undefined) return reason === "aborted" ? "not trained" : "its last weights";
  if (bestEpoch === 0) return `its start, which ${plural(epochs, "epoch")} did not better`;
  return `the best of ${plural(epochs, "epoch")} was ${bestEpoch}`;
}

/** A base without layers. */
function bareMember(base: FittedBase): Member {
  const made = base.create();
  return isConditionalDistribution(made)
    ? new ConditionalFlow(made, chain([]))
    : new Flow(made as Distribution & Module, chain([]));
}

/** What a base alone makes of rows. */
function startNll(base: FittedBase, rows: StandardRows): number {
  const made = base.create();
  try {
    return -mean(logProbRows(made, rows.x, isConditionalDistribution(made) ? rows.context : undefined));
  } finally {
    made.dispose();
  }
}

/** Rows as they come out of the quantile splines on the side of the base. */
function transformed(quantiles: QuantileSpline, { x, context }: StandardRows): StandardRows {
  const values = tf.tidy(() => quantiles.inverse(tf.tensor(Float32Array.from(x.data), [...x.shape])).dataSync());
  return { x: ndArray(x.shape, Float64Array.from(values)), ...(context && { context }) };
}

function mixtureNll(logProbs: readonly Float64Array[], weights: readonly number[]): number {
  const used = logProbs.flatMap((logProb, k) => (weights[k] === 0 ? [] : [{ logProb, weight: weights[k] as number }]));
  const rows = logProbs[0]?.length ?? 0;
  let sum = 0;
  for (let i = 0; i < rows; i++) {
    const terms = used.map(({ logProb, weight }) => (logProb[i] as number) + Math.log(weight));
    const peak = Math.max(...terms);
    sum -= Number.isFinite(peak)
      ? peak + Math.log(terms.reduce((total, term) => total + Math.exp(term - peak), 0))
      : peak;
  }
  return sum / rows;
}

function mean(values: Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}

function plural(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}
