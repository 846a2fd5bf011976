import {
  DataError,
  type Distribution,
  type Key,
  type NdArray,
  ndArray,
  OptionError,
  type TensorLike,
} from "@pushforward/core";
import { asTensor, checkOptions } from "@pushforward/core/extend";
import { runToEnd } from "@pushforward/core/plain";
import { sampleRows } from "@pushforward/flows";
import * as tf from "@tensorflow/tfjs-core";
import { type FitNleOptions, type FitNleResult, fitNleEvents } from "../fit-npe-nle.ts";
import { type FitNreOptions, type FitNreResult, fitNreEvents } from "../fit-nre.ts";
import type { InferenceEvent, InferenceReport, SimulatedProblem } from "../inference-problem.ts";
import type { McmcPosterior } from "../mcmc-posterior.ts";
import { type SimulationProblem, simulateRows } from "../simulate.ts";
import { DropCounter } from "../simulator.ts";

/** A problem with all simulations spent on a single observation. */
export type ObservedProblem = SimulationProblem & {
  /** The observation, `[data]`. */
  readonly observation: TensorLike;
  /** Maps ℝᵈ onto the support of the prior, where the prior does not say so itself (`prior.support`). */
  readonly support?: Distribution["support"];
};

/** How simulations are spent in rounds. */
export interface RoundOptions {
  /** Number of rounds with equal numbers of simulations; each simulates at the result of the previous round. */
  readonly rounds?: number | undefined;
  /** Decides every random number. */
  readonly key: Key;
  /** Maximum number of concurrent calls of an asynchronous simulator. Default: 8. */
  readonly concurrency?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Operations of an inference method in its rounds. */
export interface RoundKind<R> {
  /** Learns from all simulations so far. */
  readonly train: (table: SimulatedProblem, key: Key) => AsyncGenerator<InferenceEvent, R, void>;
  /** Parameters of the next round, from the current result, with a description. */
  readonly propose: (learned: R, observation: Float32Array, key: Key, count: number) => Proposal;
  readonly dispose: (learned: R) => void;
  /** Data and the observation may have missing numbers. Default: false. */
  readonly keepsMissing?: boolean;
}

/** Where to simulate next. */
export interface Proposal {
  readonly parameters: NdArray;
  readonly note: string;
}

const ROUNDS = 10;

/**
 * Simulates and learns in rounds: the first at prior draws, each later one at proposals of the previous round. Every
 * round learns from all simulations so far.
 *
 * @throws {OptionError} fewer simulations than rounds, or a number of rounds that is not a positive integer.
 * @throws {DataError} an observation that is not finite.
 */
export async function* inRounds<R extends InferenceReport>(
  where: string,
  { prior, simulator, simulations, observation, support }: ObservedProblem,
  { rounds = ROUNDS, key, concurrency, signal }: RoundOptions,
  { train, propose, dispose, keepsMissing = false }: RoundKind<R>,
): AsyncGenerator<InferenceEvent, R, void> {
  if (!Number.isSafeInteger(rounds) || rounds < 1 || !(simulations >= rounds)) {
    throw new OptionError(
      `${where}: expected rounds to be an integer from 1 to the number of simulations, got ${rounds} rounds of ${simulations} simulations.`,
    );
  }
  const observed = tf.tidy(() => Float32Array.from(asTensor(observation, where).dataSync()));
  const bad = observed.findIndex((value) => !Number.isFinite(value) && !(keepsMissing && Number.isNaN(value)));
  if (bad >= 0) {
    throw new DataError(`${where}: expected an observation of finite numbers, got ${observed[bad]} at index ${bad}.`);
  }
  const tables: { readonly parameters: NdArray; readonly data: NdArray }[] = [];
  const dropped = new DropCounter();
  const notes: string[] = [];
  let attempted = 0;
  let learned: R | undefined;
  try {
    for (let round = 0; round < rounds; round++) {
      const own = key.fold(`round ${round}`);
      const count = Math.floor(((round + 1) * simulations) / rounds) - Math.floor((round * simulations) / rounds);
      let parameters: NdArray;
      if (learned === undefined) parameters = sampleRows(prior, own.fold("prior"), count);
      else {
        const proposal = propose(learned, observed, own.fold("proposal"), count);
        const text = `Round ${round + 1} of ${rounds}: ${proposal.note}`;
        notes.push(text);
        yield { type: "note", text };
        parameters = proposal.parameters;
      }
      const options = { key: own.fold("simulator"), concurrency, keepsMissing, signal };
      const simulated = yield* simulateRows(parameters, simulator, options);
      signal?.throwIfAborted();
      tables.push(simulated);
      for (const { reason, count: times, first } of simulated.dropped) dropped.add(reason, attempted + first, times);
      attempted += simulated.attempted;
      const table = { prior, support, simulations: joined(tables) };
      const next: R = yield* train(table, own.fold("train"));
      if (learned !== undefined) dispose(learned);
      learned = next;
      if (next.reason === "aborted") break;
    }
    const { log } = learned as R;
    const result = { ...(learned as R), attempted, dropped: dropped.report(), log: [...notes, ...log] };
    learned = undefined;
    return result;
  } finally {
    if (learned !== undefined) dispose(learned);
  }
}

function joined(tables: readonly { readonly parameters: NdArray; readonly data: NdArray }[]): {
  readonly parameters: NdArray;
  readonly data: NdArray;
} {
  const join = (parts: readonly NdArray[]): NdArray => {
    const width = parts[0]?.shape[1] as number;
    const rows = parts.reduce((sum, { shape }) => sum + (shape[0] as number), 0);
    const values = new Float64Array(rows * width);
    let at = 0;
    for (const { data } of parts) {
      values.set(data, at);
      at += data.length;
    }
    return ndArray([rows, width], values);
  };
  return { parameters: join(tables.map(({ parameters }) => parameters)), data: join(tables.map(({ data }) => data)) };
}

/** Draws of a posterior as the parameters of the next round. */
function posteriorDraws(posterior: McmcPosterior, observation: Float32Array, key: Key, count: number): Proposal {
  const { draws, rHat } = posterior.given(observation).draw(key, count);
  const worst = Math.max(...rHat).toFixed(2);
  return {
    parameters: draws,
    note: `simulating at draws of the posterior, whose chains have an R̂ of at most ${worst}.`,
  };
}

/** Options of {@link fitSnle} and {@link fitSnleEvents}. Only the key is required. */
export interface FitSnleOptions extends FitNleOptions, RoundOptions {}

/**
 * Sequential neural likelihood estimation (Papamakarios et al. 2019, arXiv:1805.07226), for a single observation. Each
 * round simulates at draws of the previous posterior, and learns the density of the data from all simulations. Default:
 * 10 rounds.
 *
 * @param problem `simulations` is the number of all rounds together.
 * @throws the errors of `fitNle`.
 * @throws {OptionError} fewer simulations than rounds.
 * @example
 * const problem = { prior, simulator, simulations: 400, observation };
 * const { posterior } = await fitSnle(problem, { key, rounds: 2, density: "maf", training: { maxSteps: 100 } });
 * const { draws } = posterior.given(observation).draw(createKey(1), 1000);
 */
export function fitSnle(problem: ObservedProblem, options: FitSnleOptions): Promise<FitNleResult> {
  return runToEnd(fitSnleEvents(problem, options));
}

/**
 * {@link fitSnle} as events.
 *
 * @throws the errors of `fitSnle`.
 * @example
 * const problem = { prior, simulator, simulations: 400, observation };
 * for await (const event of fitSnleEvents(problem, { key, rounds: 2, density: "maf", training: { maxSteps: 20 } })) {
 *   if (event.type === "note") console.log(event.text);
 * }
 */
export function fitSnleEvents(
  problem: ObservedProblem,
  options: FitSnleOptions,
): AsyncGenerator<InferenceEvent, FitNleResult, void> {
  checkOptions("fitSnle", options, {
    key: true,
    density: true,
    embedding: true,
    auto: true,
    training: true,
    validation: true,
    threads: true,
    signal: true,
    concurrency: true,
    rounds: true,
  });
  const { rounds: _, ...training } = options;
  return inRounds("fitSnle", problem, options, {
    train: (table, key) => fitNleEvents(table, { ...training, key }),
    propose: ({ posterior }, observation, key, count) => posteriorDraws(posterior, observation, key, count),
    dispose: ({ likelihood }) => likelihood.dispose(),
  });
}

/** Options of {@link fitSnre} and {@link fitSnreEvents}. Only the key is required. */
export interface FitSnreOptions extends FitNreOptions, RoundOptions {}

/**
 * Sequential neural ratio estimation (Durkan et al. 2020, arXiv:2002.03712), for a single observation. Each round
 * simulates at draws of the previous posterior, and learns to classify pairs from all simulations. Default: 10 rounds.
 *
 * @param problem `simulations` is the number of all rounds together.
 * @throws the errors of `fitNre`.
 * @throws {OptionError} fewer simulations than rounds.
 * @example
 * const problem = { prior, simulator, simulations: 400, observation };
 * const { posterior } = await fitSnre(problem, { key, rounds: 2, training: { maxSteps: 50 } });
 * const { draws } = posterior.given(observation).draw(createKey(1), 1000);
 */
export function fitSnre(problem: ObservedProblem, options: FitSnreOptions): Promise<FitNreResult> {
  return runToEnd(fitSnreEvents(problem, options));
}

/**
 * {@link fitSnre} as events.
 *
 * @throws the errors of `fitSnre`.
 * @example
 * const problem = { prior, simulator, simulations: 400, observation };
 * for await (const event of fitSnreEvents(problem, { key, rounds: 2, training: { maxSteps: 20 } })) {
 *   if (event.type === "note") console.log(event.text);
 * }
 */
export function fitSnreEvents(
  problem: ObservedProblem,
  options: FitSnreOptions,
): AsyncGenerator<InferenceEvent, FitNreResult, void> {
  checkOptions("fitSnre", options, {
    key: true,
    atoms: true,
    network: true,
    training: true,
    validation: true,
    concurrency: true,
    signal: true,
    rounds: true,
  });
  const { rounds: _, ...training } = options;
  return inRounds("fitSnre", problem, options, {
    train: (table, key) => fitNreEvents(table, { ...training, key }),
    propose: ({ posterior }, observation, key, count) => posteriorDraws(posterior, observation, key, count),
    dispose: ({ ratio }) => ratio.dispose(),
  });
}
