import type { BackendName } from "./backend-name.ts";

/** Why a backend could not start, in two parts: what was found instead, and what to do. */
export class StartFailure extends Error {
  readonly remedy: string;

  constructor(found: string, remedy: string, options?: ErrorOptions) {
    super(found, options);
    this.remedy = remedy;
  }
}

/** The last failure of each backend that has not started since. */
export const startFailures: Map<BackendName, string> = new Map();
