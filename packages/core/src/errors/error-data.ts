import {
  BackendError,
  ContextError,
  DataError,
  type DataLocation,
  DisposedError,
  type DivergenceDetail,
  DomainError,
  InverseNotAvailableError,
  MissingPackageError,
  OptionError,
  SaveError,
  ShapeError,
  TrainingDivergedError,
} from "./errors.ts";

/** An error as plain data, which can be sent to a different thread. */
export interface ErrorData {
  readonly name: string;
  readonly message: string;
  readonly stack?: string | undefined;
  /** Of a {@link TrainingDivergedError}. */
  readonly detail?: DivergenceDetail | undefined;
  /** Of a {@link DataError}. */
  readonly location?: DataLocation | undefined;
}

const MESSAGE_ONLY = [
  ShapeError,
  OptionError,
  DomainError,
  ContextError,
  InverseNotAvailableError,
  SaveError,
  DisposedError,
  BackendError,
  MissingPackageError,
];

/** An error as plain data; anything else that was thrown becomes a message. */
export function errorToData(error: unknown): ErrorData {
  if (!(error instanceof Error)) return { name: "Error", message: String(error) };
  const { name, message, stack } = error;
  return {
    ...{ name, message, stack },
    ...(error instanceof TrainingDivergedError && { detail: error.detail }),
    ...(error instanceof DataError && { location: error.location }),
  };
}

/**
 * Restores the error written by {@link errorToData}. An error of this library gets its class back; any other error
 * keeps only its name. The original stack is kept.
 * @example
 * const error = errorFromData(errorToData(new OptionError("train: expected maxEpochs from 1, got 0.")));
 * error instanceof OptionError; // → true
 */
export function errorFromData(data: ErrorData): Error {
  const error = withClass(data);
  if (data.stack !== undefined) error.stack = data.stack;
  return error;
}

function withClass({ name, message, detail, location }: ErrorData): Error {
  if (name === "TrainingDivergedError" && detail !== undefined) return new TrainingDivergedError(message, detail);
  if (name === "DataError") return new DataError(message, location);
  const made = MESSAGE_ONLY.map((of) => new of(message)).find((error) => error.name === name);
  if (made !== undefined) return made;
  const other = new Error(message);
  // Some tell reasons apart by it.
  if (other.name !== name) other.name = name;
  return other;
}
