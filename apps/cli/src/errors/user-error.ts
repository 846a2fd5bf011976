/** A user mistake that a sentence explains; the command exits with code 1. */
export class UserError extends Error {
  /** Identifies the error if a thread raised it. */
  override readonly name: string = "UserError";
}

/** A wrong use of the command line; exit code 2. */
export class UsageError extends Error {}

/** A signal stopped the command, and the command has reported this. */
export class Stopped extends Error {}
