import { type Json, OptionError, type ParameterTree } from "@pushforward/core";
import type { ParameterValues } from "@pushforward/core/extend";
import type { Optimizer, OptimizerState } from "../optimizer/optimizer.ts";

/**
 * Everything a fit needs to go on as if it had never stopped, as plain data: `meta` survives `JSON.stringify`, the
 * arrays are copies. Random numbers follow from the key and the counters, so no generator has a state to save.
 */
export interface Checkpoint {
  readonly meta: CheckpointMeta;
  /** `parameter/<path>`, `average/<path>`, `best/<path>` and `optimizer/<name>`. */
  readonly arrays: ReadonlyMap<string, ParameterValues>;
}

/** The counters of a fit. A type, not an interface, so that it is a `Json` value. */
export type CheckpointMeta = {
  readonly format: "pushforward-checkpoint";
  readonly version: number;
  readonly optimizer: string;
  readonly optimizerStep: number;
  /** Properties that must be the same when the fit is resumed. */
  readonly fit: FitIdentity;
  readonly progress: Progress;
};

/** Inputs that determine the sequence of batches. */
export type FitIdentity = {
  readonly trainRows: number;
  readonly validationRows: number;
  readonly batchSize: number;
  /** A number drawn from the key. */
  readonly key: number;
};

/** Progress of a fit. */
export type Progress = {
  readonly step: number;
  /** The epoch that runs, from 1. */
  readonly epoch: number;
  /** Steps taken in it. */
  readonly stepInEpoch: number;
  /** Sums over the rows of the current epoch. */
  readonly lossSum: number;
  readonly rowCount: number;
  readonly trainLoss: number | null;
  readonly bestEpoch: number | null;
  readonly bestValidationLoss: number | null;
  readonly epochsWithoutImprovement: number;
  /** Like these, but counted from the last rollback. */
  readonly epochsSinceRollback: number;
  readonly rollbacks: number;
  readonly seconds: number;
};

// 2: rollbacks and averages.
const VERSION = 2;

/** Values of parameters by path. */
export type Snapshot = ReadonlyMap<string, ParameterValues>;

/** Copies the values of parameters to the host. */
export function takeSnapshot(parameters: ParameterTree): Snapshot {
  return new Map(Array.from(parameters, ([path, parameter]) => [path, parameter.read()]));
}

/** The same values in arrays of their own. */
export function copySnapshot(snapshot: Snapshot): Snapshot {
  return new Map(Array.from(snapshot, ([path, values]) => [path, values.slice()]));
}

/** Writes a snapshot back. */
export function restoreSnapshot(parameters: ParameterTree, snapshot: Snapshot): void {
  for (const [path, values] of snapshot) parameters.get(path)?.write(values);
}

/** The parts of a checkpoint. */
interface CheckpointParts {
  readonly parameters: Snapshot;
  /** Of the parameters that are trained, where they are averaged. */
  readonly averages: Snapshot | undefined;
  readonly best: Snapshot | undefined;
  readonly optimizerType: string;
  readonly optimizer: OptimizerState;
  readonly identity: FitIdentity;
  readonly progress: Progress;
}

/** Puts the parts together. */
function packCheckpoint(parts: CheckpointParts): Checkpoint {
  const arrays = new Map<string, ParameterValues>();
  const add = (prefix: string, values: ReadonlyMap<string, ParameterValues>): void => {
    for (const [name, array] of values) arrays.set(`${prefix}/${name}`, array);
  };
  add("parameter", parts.parameters);
  if (parts.averages !== undefined) add("average", parts.averages);
  if (parts.best !== undefined) add("best", parts.best);
  add("optimizer", parts.optimizer.arrays);
  return {
    meta: {
      format: "pushforward-checkpoint",
      version: VERSION,
      optimizer: parts.optimizerType,
      optimizerStep: parts.optimizer.step,
      fit: parts.identity,
      progress: parts.progress,
    },
    arrays,
  };
}

/**
 * Unpacks a checkpoint and checks that it belongs to this fit.
 *
 * @param averaged the parameters that this fit averages; undefined for none.
 * @throws {OptionError} different model, key, optimizer, batch size or number of rows; averages in only one of both; no
 * checkpoint, or a checkpoint of a different version.
 */
function unpackCheckpoint(
  checkpoint: Checkpoint,
  parameters: ParameterTree,
  averaged: ParameterTree | undefined,
  optimizerType: string,
  identity: FitIdentity,
): CheckpointParts {
  const { meta, arrays } = checkpoint;
  if (meta?.format !== "pushforward-checkpoint" || meta.version !== VERSION) {
    const got = `${meta?.format} of version ${meta?.version}`;
    throw new OptionError(
      `train: expected resume to be a pushforward-checkpoint of version ${VERSION}, got ${got}. Start the fit again without it.`,
    );
  }
  checkProgress(meta.progress);
  if (meta.optimizer !== optimizerType) refuse("the optimizer", meta.optimizer, optimizerType);
  if (meta.fit.key !== identity.key) {
    throw new OptionError("train: expected the key of the resumed checkpoint, got a different key.");
  }
  for (const name of ["trainRows", "validationRows", "batchSize"] as const) {
    if (meta.fit[name] !== identity[name]) refuse(name, meta.fit[name], identity[name]);
  }
  const parts = {
    parameter: new Map(),
    average: new Map(),
    best: new Map(),
    optimizer: new Map(),
  } satisfies Record<string, Map<string, ParameterValues>>;
  for (const [name, values] of arrays) {
    const slash = name.indexOf("/");
    const part = name.slice(0, slash);
    if (Object.hasOwn(parts, part))
      (parts[part as keyof typeof parts] as Map<string, ParameterValues>).set(name.slice(slash + 1), values);
  }
  checkValues(parts.parameter, parameters);
  checkComplete("parameter", parts.parameter, parameters);
  checkValues(parts.best, parameters);
  checkValues(parts.average, parameters);
  if (averaged !== undefined) checkComplete("the average of", parts.average, averaged);
  else if (parts.average.size > 0) {
    throw new OptionError("train: expected averaging, because the resumed checkpoint has averages, got none.");
  }
  return {
    parameters: parts.parameter,
    averages: averaged === undefined ? undefined : parts.average,
    best: parts.best.size === 0 ? undefined : parts.best,
    optimizerType,
    optimizer: { step: meta.optimizerStep, arrays: parts.optimizer },
    identity,
    progress: meta.progress,
  };
}

const COUNTS = [
  "step",
  "epoch",
  "stepInEpoch",
  "epochsWithoutImprovement",
  "epochsSinceRollback",
  "rollbacks",
] as const satisfies (keyof Progress)[];

function checkProgress(progress: Progress): void {
  for (const name of COUNTS) {
    const value = progress?.[name];
    if (!(Number.isSafeInteger(value) && value >= 0)) {
      throw new OptionError(`train: expected a count as ${name} of the checkpoint, got ${value as Json}.`);
    }
  }
}

function checkComplete(what: string, snapshot: Snapshot, parameters: ParameterTree): void {
  for (const path of parameters.keys()) {
    if (!snapshot.has(path)) throw new OptionError(`train: expected ${what} ${path} in the checkpoint, got none.`);
  }
}

function checkValues(snapshot: Snapshot, parameters: ParameterTree): void {
  for (const [path, values] of snapshot) {
    const shape = parameters.get(path)?.shape;
    const size = shape?.reduce((a, b) => a * b, 1);
    if (size !== values.length) {
      const expected = size === undefined ? `no parameter ${path}` : `${size} values of parameter ${path}`;
      throw new OptionError(`train: expected ${expected} in the checkpoint, got ${values.length} values.`);
    }
  }
}

function refuse(what: string, saved: string | number, now: string | number): never {
  throw new OptionError(`train: expected ${what} of the resumed checkpoint, ${saved}, got ${now}.`);
}

/** State of a fit for a checkpoint. */
export interface FitState {
  readonly all: ParameterTree;
  readonly averages: Snapshot | undefined;
  readonly best: Snapshot | undefined;
  readonly optimizer: Optimizer;
  readonly identity: FitIdentity;
  readonly progress: Progress;
}

/** A checkpoint of a fit. Its arrays are copies. */
export function fitCheckpoint({ all, averages, best, optimizer, identity, progress }: FitState): Checkpoint {
  return packCheckpoint({
    parameters: takeSnapshot(all),
    averages,
    best,
    optimizerType: optimizer.type,
    optimizer: optimizer.state(),
    identity,
    progress: { ...progress },
  });
}

/** Requirements for a checkpoint. */
export interface ResumedFit {
  readonly all: ParameterTree;
  /** The parameters that are averaged; undefined where none are. */
  readonly averaged: ParameterTree | undefined;
  readonly optimizer: Optimizer;
  readonly identity: FitIdentity;
}

/**
 * Restores parameters and optimizer from a checkpoint, and returns the remaining state.
 *
 * @throws {OptionError} the checkpoint belongs to a different fit.
 */
export function restoreCheckpoint(checkpoint: Checkpoint, fit: ResumedFit): CheckpointParts {
  const { all, averaged, identity, optimizer } = fit;
  const parts = unpackCheckpoint(checkpoint, all, averaged, optimizer.type, identity);
  optimizer.restore(parts.optimizer, all);
  restoreSnapshot(all, parts.parameters);
  return parts;
}
