import type { ParameterTree } from "@pushforward/core";
import type { Optimizer } from "../optimizer/optimizer.ts";
import {
  type Checkpoint,
  type CheckpointParts,
  type FitIdentity,
  type Progress,
  packCheckpoint,
  restoreSnapshot,
  type Snapshot,
  takeSnapshot,
  unpackCheckpoint,
} from "./checkpoint.ts";

/** What of a fit goes into a checkpoint. */
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

/** What a checkpoint must fit to. */
export interface ResumedFit {
  readonly all: ParameterTree;
  /** The parameters that are averaged; undefined where none are. */
  readonly averaged: ParameterTree | undefined;
  readonly optimizer: Optimizer;
  readonly identity: FitIdentity;
}

/**
 * Gives parameters and optimizer their values of a checkpoint, and returns the rest of it.
 *
 * @throws {OptionError} the checkpoint is of another fit.
 */
export function restoreCheckpoint(checkpoint: Checkpoint, fit: ResumedFit): CheckpointParts {
  const { all, averaged, identity, optimizer } = fit;
  const parts = unpackCheckpoint(checkpoint, all, averaged, optimizer.type, identity);
  optimizer.restore(parts.optimizer, all);
  restoreSnapshot(all, parts.parameters);
  return parts;
}
