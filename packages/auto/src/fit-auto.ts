// From a table to the model of its density: which members, how they are trained, and with which weights they are mixed.

import { type Module, OptionError, parameterCount } from "@pushforward/core";
import { cpuSeconds, runToEnd } from "@pushforward/core/plain";
import { mixtureWeights } from "@pushforward/distributions/extend";
import { ConditionalFlow, logProbRows } from "@pushforward/flows";

import type { RowStream } from "@pushforward/training";
import { assembleModel, type Defensive, indexOfLeast, meanOf, mixtureNll } from "./assemble-model.ts";
import { defensiveComponent, type FittedBase, kernelDensityNll } from "./base-density.ts";
import { boundsNote } from "./bounded-columns.ts";
import { waitNote } from "./check-width.ts";
import type { AutoBaselines, AutoMember, FitAutoEvent, FitAutoResult } from "./fit-auto-events.ts";
import {
  type AutoRows,
  checkAutoOptions,
  choosesByStart,
  defensiveWeightOf,
  type FitAutoOptions,
  mayAddMember,
  membersOf,
} from "./fit-auto-options.ts";
import { bareMember, memberNote, startNll } from "./member-note.ts";
import type { MemberJob, MemberKind, TrainedMember } from "./member-task.ts";
import { type PreparedRows, preparedStream, prepareRows, stepNotes } from "./prepare-rows.ts";
import {
  fitNamedBase,
  isSlowBase,
  type MemberStart,
  type StartedMember,
  startMember,
  trainTogetherEvents,
} from "./train-member.ts";

/** Members with less weight are left out, because they cost time and change almost no result. */
const LEAST_WEIGHT = 0.005;

/**
 * Learns the density of a table without requiring any choices. It explains its choices in words.
 *
 * It trains two flows of different kinds that start as fitted densities and can only improve on the validation rows.
 * The first has autoregressive splines over a mixture of Gaussians, with a selected number of components. The second
 * has a spline for each column through its quantiles, then autoregressive splines over one Gaussian. The model is the
 * mixture of both, with the weights that are best on the validation rows: the first is good for clustered data, the
 * second for columns with individual shapes. A third flow, like the second but with affine layers, is trained if the
 * second overfits early and leaves time. A Student-t of weight 0.001 around all rows limits the cost of a remote row to
 * its logarithm.
 *
 * Warnings name the columns with a meaningless density: constant or repeated values, duplicates, exact relations.
 *
 * @param data rows `[n, columns]` in their own units, and their context: arrays of rows, arrays with a shape, or
 * tensors.
 * @throws {DataError} a number is not finite, or the data has too few rows.
 * @throws {ShapeError} the arrays do not fit each other.
 * @throws {OptionError} an option is out of range.
 * @example
 * for await (const event of fitAutoEvents({ x }, { key: createKey(0), quality: "fast", maxEpochs: 20 })) {
 *   if (event.type === "note") console.log(event.text);
 * }
 */
export async function* fitAutoEvents(
  data: AutoRows,
  options: FitAutoOptions,
): AsyncGenerator<FitAutoEvent, FitAutoResult, void> {
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
 * Runs {@link fitAutoEvents} to its end and returns the result, without the events.
 *
 * @throws the errors of `fitAutoEvents`.
 * @example
 * const { model, validationNll } = await fitAuto({ x }, { key: createKey(0), quality: "fast", maxEpochs: 20 });
 */
export async function fitAuto(data: AutoRows, options: FitAutoOptions): Promise<FitAutoResult> {
  return runToEnd(fitAutoEvents(data, options));
}

/** A trained member, and its log-densities after training. */
interface Candidate extends StartedMember {
  readonly trained: TrainedMember;
}

/** Densities without layers, including the mixture of Gaussians. */
interface FittedBaselines extends AutoBaselines {
  readonly base: FittedBase;
}

class AutoRun {
  private readonly options: FitAutoOptions;
  private readonly rows: PreparedRows;
  /** Training rows of the members, if the data are only a sample of these rows. */
  private readonly stream: RowStream | undefined;
  private readonly defensive: Defensive | undefined;
  private readonly log: string[] = [];
  /** Objects to free if the work stops without a result. */
  private readonly owned: Module[] = [];
  private readonly startTime: number = performance.now();
  private readonly startCpu: number | undefined = cpuSeconds();

  constructor(data: AutoRows, options: FitAutoOptions) {
    this.options = options;
    this.rows = prepareRows(data, options);
    const { stream, key } = options;
    this.stream = stream && preparedStream(stream, this.rows, key.fold("stream"));
    const weight = defensiveWeightOf(options);
    if (weight > 0) this.defensive = { weight, component: this.own(defensiveComponent(this.rows.modelX)) };
  }

  async *events(): AsyncGenerator<FitAutoEvent, FitAutoResult, void> {
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
    if (kinds.length === 0) return yield* this.bareMixture(baselines);
    const from: MemberStart = { rows, options, mixture: baselines.base, own: (part) => this.own(part) };
    const candidates = choosesByStart(options)
      ? yield* this.train([yield* this.bestStart(kinds, from)], 0, 1)
      : yield* this.trainKinds(kinds, from);
    const reason = this.whyAffine(candidates);
    if (reason !== undefined) {
      yield this.note(`${reason} A third member, of affine layers, is trained.`);
      const [index, count] = [candidates.length, candidates.length + 1];
      candidates.push(...(yield* this.train([await startMember("affine", index, from)], index, count)));
    }
    const weights = this.weightsOf(candidates);
    yield* this.explainWeights(candidates, weights);
    const members = candidates.map((candidate, i) => this.report(candidate, weights[i] as number));
    for (const [i, { member }] of candidates.entries()) if (weights[i] === 0) member.dispose();
    const kept = candidates.filter((_, i) => weights[i] !== 0);
    return yield* this.result(
      kept,
      weights.filter((weight) => weight > 0),
      members,
      baselines,
    );
  }

  /** The model without members: the mixture of Gaussians. */
  private bareMixture(baselines: FittedBaselines): AsyncGenerator<FitAutoEvent, FitAutoResult, void> {
    const { train, validation } = this.rows;
    const member = this.own(bareMember(baselines.base));
    if (train.context !== undefined && !(member instanceof ConditionalFlow)) {
      throw new OptionError(
        "fitAuto: expected a context of numbers or of one block of classes for a mixture of Gaussians alone, got several " +
          "blocks. Layers take any context: leave members out.",
      );
    }
    const logProb = logProbRows(member, validation.x, validation.context);
    return this.result([{ member, logProb }], [1], [], baselines);
  }

  /** Chooses the kind of member that scores best before training. The comparison costs almost no time. */
  private async *bestStart(
    kinds: readonly MemberKind[],
    from: MemberStart,
  ): AsyncGenerator<FitAutoEvent, StartedMember, void> {
    const started: StartedMember[] = [];
    for (const kind of kinds) started.push(await startMember(kind, 0, from));
    // As parts of the model: a single row far out must not decide.
    const nlls = started.map((one) => this.nllOf([one.logProb], [1]));
    const best = started[indexOfLeast(nlls)] as StartedMember;
    for (const other of started) if (other !== best) other.member.dispose();
    if (started.length > 1) {
      const starts = started
        .map(({ kind }, i) => `${kind} ${this.nats(this.inTableUnits(nlls[i] as number))}`)
        .join(", ");
      yield this.note(`One member is trained, of the kind that starts best: ${starts}.`);
    }
    return best;
  }

  private async *result(
    kept: readonly Pick<Candidate, "member" | "logProb">[],
    weights: readonly number[],
    members: readonly AutoMember[],
    { gaussian, mixture, kernel }: AutoBaselines,
  ): AsyncGenerator<FitAutoEvent, FitAutoResult, void> {
    const { rows, options, defensive } = this;
    const parts = { members: kept.map(({ member }) => member), weights, defensive };
    const validationNll = this.inTableUnits(
      this.nllOf(
        kept.map(({ logProb }) => logProb),
        weights,
      ),
    );
    yield this.note(
      `The model: ${this.nats(validationNll)}` +
        (defensive === undefined
          ? "."
          : `, with a Student-t of weight ${defensive.weight} around all rows, which limits the loss of distant rows.`),
    );
    const cpu = cpuSeconds();
    return {
      model: assembleModel(parts, rows),
      members,
      baselines: { gaussian, mixture, ...(kernel !== undefined && { kernel }) },
      validationNll,
      trainRows: this.trainRows,
      validationRows: rows.validation.x.shape[0] as number,
      dequantized: [...rows.dequantized.keys()],
      steps: [...rows.dequantized.values()],
      constant: rows.constant,
      defensiveWeight: defensive?.weight ?? 0,
      warnings: rows.warnings,
      reason: options.signal?.aborted ? "aborted" : "completed",
      log: this.log,
      seconds: (performance.now() - this.startTime) / 1000,
      ...(cpu !== undefined && this.startCpu !== undefined && { cpuSeconds: cpu - this.startCpu }),
    };
  }

  /** The mean over the validation rows as a model of some members has it, in standard units. */
  private nllOf(logProbs: readonly Float64Array[], weights: readonly number[]): number {
    if (this.defensive === undefined) return mixtureNll(logProbs, weights);
    const { component, weight } = this.defensive;
    const { x, logSlope } = this.rows.modelValidation;
    const ofComponent = logProbRows(component, x).map((value, i) => value - (logSlope?.[i] ?? 0));
    return mixtureNll([...logProbs, ofComponent], [...weights.map((own) => (1 - weight) * own), weight]);
  }

  dispose(): void {
    for (const part of this.owned) part.dispose();
  }

  private *introduce(): Generator<FitAutoEvent, void, void> {
    const { rows, options } = this;
    yield this.note(
      "All results are negative log-likelihoods of the validation rows, in nats per row and the units of the table: " +
        "lower is better. During training, losses refer to standardized columns.",
    );
    for (const text of stepNotes(rows.dequantized, options.columnNames)) yield this.note(text);
    if (rows.bounded !== undefined) yield this.note(boundsNote(rows.bounded.bounds, options.columnNames));
    yield* rows.warnings;
  }

  private async baselines(): Promise<FittedBaselines> {
    const { options } = this;
    const { train, validation } = this.rows;
    const one = await fitNamedBase(train, validation, "gaussian", options, { components: 1 });
    const base = await fitNamedBase(train, validation, "mixture", options);
    return {
      gaussian: this.inTableUnits(startNll(one, validation)),
      mixture: this.inTableUnits(startNll(base, validation)),
      ...(this.options.kernelBaseline === true && {
        kernel: this.inTableUnits(kernelDensityNll(train.x, validation.x)),
      }),
      base,
    };
  }

  /** Trains members one after the other. With an external trainer, trains all at once. */
  private async *trainKinds(
    kinds: readonly MemberKind[],
    from: MemberStart,
  ): AsyncGenerator<FitAutoEvent, Candidate[], void> {
    const { memberTrainer, signal } = this.options;
    const started: StartedMember[] = [];
    const candidates: Candidate[] = [];
    for (const [index, kind] of kinds.entries()) {
      if (index > 0 && signal?.aborted) break;
      started.push(await startMember(kind, index, from));
      if (memberTrainer !== undefined) continue;
      candidates.push(...(yield* this.train(started.splice(0), index, kinds.length)));
    }
    return started.length === 0 ? candidates : yield* this.train(started, 0, kinds.length);
  }

  /** Trains members in parallel; `first` is the index of the first member. Notes are emitted in member order. */
  private async *train(
    members: readonly StartedMember[],
    first: number,
    count: number,
  ): AsyncGenerator<FitAutoEvent, Candidate[], void> {
    const jobs = members.map((started, i) => this.jobOf(started, first + i));
    const outcomes = yield* trainTogetherEvents(jobs, count, this.options);
    const { x, context } = this.rows.validation;
    const candidates: Candidate[] = [];
    for (const [i, started] of members.entries()) {
      const [job, trained] = [jobs[i] as MemberJob, outcomes[i] as TrainedMember];
      const logProb = logProbRows(started.member, x, context);
      const from = this.nats(this.inTableUnits(started.start));
      const to = this.nats(this.inTableUnits(-meanOf(logProb)));
      yield this.note(memberNote({ index: job.index, training: job.training, started, trained, from, to }));
      candidates.push({ ...started, logProb, trained });
    }
    return candidates;
  }

  private jobOf({ member, kind, settings, base }: StartedMember, index: number): MemberJob {
    const { key, threads = "auto" } = this.options;
    const { epochs, batchSize, patience, learningRate } = settings;
    const isBaseSlow = isSlowBase(base, this.trainRows);
    return {
      ...{ index, kind, member, threads, key: key.fold(`member.${index}`).fold("fit") },
      training: { epochs, batchSize, patience, learningRate, isBaseSlow },
      train: this.stream ?? this.rows.train,
      validation: this.rows.validation,
    };
  }

  /** Explains in words if a third member is worth its time; undefined if it is not. */
  private whyAffine(candidates: readonly Candidate[]): string | undefined {
    const { options, rows } = this;
    const quantile = candidates.find(({ kind }) => kind === "quantile");
    if (quantile === undefined || !mayAddMember(options) || options.signal?.aborted) return undefined;
    // Affine maps of one column alone are one affine map.
    if (rows.train.x.shape[1] === 1 && rows.train.context === undefined) return undefined;
    const { bestEpoch = 0 } = quantile.trained.result;
    if (2 * bestEpoch >= quantile.settings.epochs) return undefined;
    return `Member 2 overfits: its best epoch was ${bestEpoch} of ${quantile.settings.epochs}.`;
  }

  private get trainRows(): number {
    return this.stream?.rows ?? (this.rows.train.x.shape[0] as number);
  }

  private own<T extends Module>(part: T): T {
    this.owned.push(part);
    return part;
  }

  private weightsOf(candidates: readonly Candidate[]): number[] {
    const logProbs = candidates.map(({ logProb }) => logProb);
    if (this.options.select === true) {
      const nlls = logProbs.map((logProb) => this.nllOf([logProb], [1]));
      const best = indexOfLeast(nlls);
      return nlls.map((_, i) => (i === best ? 1 : 0));
    }
    const { weights } = mixtureWeights(logProbs);
    const kept = Array.from(weights, (weight) => (weight < LEAST_WEIGHT ? 0 : weight));
    const sum = kept.reduce((a, b) => a + b, 0);
    return kept.map((weight) => weight / sum);
  }

  private *explainWeights(
    candidates: readonly Candidate[],
    weights: readonly number[],
  ): Generator<FitAutoEvent, void, void> {
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
      validationNll: this.inTableUnits(-meanOf(logProb)),
      training: trained.result,
    };
  }

  private note(text: string): FitAutoEvent {
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

function plural(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}
