/** A mistake of the user's that one sentence explains; the command ends with exit code 1. */
export class UserError extends Error {
  /** By which it is known when it comes from a thread. */
  override readonly name: string = "UserError";
}

/** A wrong use of the command line; exit code 2. */
export class UsageError extends Error {}

/** The command was stopped by a signal and has said so. */
export class Stopped extends Error {}
