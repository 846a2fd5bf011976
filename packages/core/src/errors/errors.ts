import type { MessageParts, OptionMention } from "./option-mention.ts";

/**
 * Base class of all deliberate errors of pushforward. `code` is stable and machine-readable; the message reads `where: expected
 * X, got Y.` with an optional remedy.
 *
 * @example
 * try {
 *   maf({ features: 0, key });
 * } catch (error) {
 *   if (!(error instanceof PushforwardError)) throw error;
 *   error.code; // → "ERR_OPTION"
 * }
 */
export abstract class PushforwardError extends Error {
  abstract readonly code: string;
  /** Written out in each class, because a minifier renames classes. */
  abstract override readonly name: string;
  /** The message, with the options that it names as data. */
  readonly parts: MessageParts;

  constructor(message: string | MessageParts, options?: ErrorOptions) {
    const parts = typeof message === "string" ? [message] : message;
    super(
      textOf(parts, ({ words }) => words),
      options,
    );
    this.parts = parts;
  }

  /**
   * The message with other words for the options that it names.
   *
   * @param wordsFor returns the words; undefined removes the text about the option.
   * @example
   * const error = new OptionError(["read: expected a file, got none. Pass ", mention("file"), "."]);
   * error.message; // → "read: expected a file, got none. Pass file."
   * error.tell(({ option }) => `--${option}`); // → "read: expected a file, got none. Pass --file."
   */
  tell(wordsFor: (mention: OptionMention) => string | undefined): string {
    return textOf(this.parts, wordsFor);
  }

  /** Returns `true` if the message names an option. */
  mentions(option: string): boolean {
    return this.parts.some((part) => typeof part !== "string" && part.option === option);
  }
}

function textOf(parts: MessageParts, wordsFor: (mention: OptionMention) => string | undefined): string {
  const told = parts.map((part) => {
    if (typeof part === "string") return part;
    const words = wordsFor(part);
    return words === undefined ? "" : part.sentence(words);
  });
  return told.join("");
}

/** A tensor, array or option has the wrong shape or size. */
export class ShapeError extends PushforwardError {
  override readonly name = "ShapeError";
  readonly code = "ERR_SHAPE";
}

/** An option or argument has a value that it cannot have. */
export class OptionError extends PushforwardError {
  override readonly name = "OptionError";
  readonly code = "ERR_OPTION";
}

/** A number lies where the mathematics is not defined, for instance a singular matrix. */
export class DomainError extends PushforwardError {
  override readonly name = "DomainError";
  readonly code = "ERR_DOMAIN";
}

/** A context was given to something that cannot use it, or is missing, or has the wrong shape. */
export class ContextError extends PushforwardError {
  override readonly name = "ContextError";
  readonly code = "ERR_CONTEXT";
}

/** The requested inverse (or forward) of a bijection does not exist in closed or iterative form. */
export class InverseNotAvailableError extends PushforwardError {
  override readonly name = "InverseNotAvailableError";
  readonly code = "ERR_INVERSE_NOT_AVAILABLE";
}

/** Location of a bad value in a table. Rows and lines count from 1. A line number includes the header. */
export interface DataLocation {
  readonly file?: string;
  readonly line?: number;
  readonly row?: number;
  readonly column?: string;
}

/** Data can't be used: a missing, non-numeric or non-finite value, an empty table. */
export class DataError extends PushforwardError {
  override readonly name = "DataError";
  readonly code = "ERR_DATA";
  readonly location: DataLocation;

  constructor(message: string | MessageParts, location: DataLocation = {}, options?: ErrorOptions) {
    super(message, options);
    this.location = location;
  }
}

/** An invalid model file. */
export type ModelFileReason =
  | "header"
  | "tensor"
  | "metadata"
  | "checksum"
  | "version"
  | "type"
  | "config"
  | "weights"
  | "limit";

/**
 * A model file is damaged, hostile, of an unknown version, or names types that the registry does not know.
 *
 * @example
 * try {
 *   decodeModel(new Uint8Array(3), standardRegistry);
 * } catch (error) {
 *   if (!(error instanceof ModelFileError)) throw error;
 *   error.reason; // → "header"
 * }
 */
export class ModelFileError extends PushforwardError {
  override readonly name = "ModelFileError";
  readonly code = "ERR_MODEL_FILE";
  readonly reason: ModelFileReason;

  constructor(reason: ModelFileReason, message: string | MessageParts, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}

/** A file could not be written; the file that stood there before is untouched. */
export class SaveError extends PushforwardError {
  override readonly name = "SaveError";
  readonly code = "ERR_SAVE";
}

/** Where training left the finite numbers. */
export interface DivergenceDetail {
  /** Optimizer step, counted from 1. */
  readonly step: number;
  readonly epoch: number;
  readonly learningRate: number;
  readonly loss: number;
  /** Path of the first parameter with a non-finite gradient, when it was the gradient. */
  readonly parameter?: string;
}

/**
 * A loss or gradient became NaN or infinite. The model keeps its best weights, never the broken ones.
 * @example
 * try {
 *   await train(flow, { x }, { key, loss: (model, batch) => tf.mul(tf.mean(model.logProb(batch.x)), NaN) });
 * } catch (error) {
 *   if (!(error instanceof TrainingDivergedError)) throw error;
 *   error.detail.step; // → 1
 * }
 */
export class TrainingDivergedError extends PushforwardError {
  override readonly name = "TrainingDivergedError";
  readonly code = "ERR_TRAINING_DIVERGED";
  readonly detail: DivergenceDetail;

  constructor(message: string, detail: DivergenceDetail) {
    super(message);
    this.detail = detail;
  }
}

/** A module or parameter was used after `dispose()`. */
export class DisposedError extends PushforwardError {
  override readonly name = "DisposedError";
  readonly code = "ERR_DISPOSED";
}

/** A backend can't start, or none has been started. */
export class BackendError extends PushforwardError {
  override readonly name = "BackendError";
  readonly code = "ERR_BACKEND";
}

/** A package that only some users need is not installed; the message has the command that installs it. */
export class MissingPackageError extends PushforwardError {
  override readonly name = "MissingPackageError";
  readonly code = "ERR_MISSING_PACKAGE";
}
