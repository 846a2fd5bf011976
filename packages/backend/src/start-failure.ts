import type { BackendName } from "./backend-name.ts";

/** Why a backend could not start, in two parts: what was found instead, and what to do. */
export class StartFailure extends Error {
  readonly remedy: string;

  constructor(found: string, remedy: string, options?: ErrorOptions) {
    super(found, options);
    this.remedy = remedy;
  }
}

/** The last failure of each backend, and of the threads of a training, if they have not started since. */
export const startFailures: Map<BackendName | "threads", string> = new Map();
