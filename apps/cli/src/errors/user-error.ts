/** A mistake of the user's that one sentence explains; the command ends with exit code 1. */
export class UserError extends Error {}

/** A wrong use of the command line; exit code 2. */
export class UsageError extends Error {}

/** The command was stopped by a signal and has said so. */
export class Stopped extends Error {}
