import type { ErrorData } from "@pushforward/core/plain";

/** What a worker answers to the backend that it is to start. */
export type WorkerStart = { readonly type: "ready" } | { readonly type: "failed"; readonly error: ErrorData };
