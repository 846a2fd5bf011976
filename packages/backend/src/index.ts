export type { BackendChoice } from "./backend-choice.ts";
export { backendChoice } from "./backend-choice.ts";
export type { BackendName } from "./backend-name.ts";
export type { BackendDescription } from "./describe-backend.ts";
export { describeBackend } from "./describe-backend.ts";
export { coreCount } from "./plans/thread-count.ts";
export type { UseBackendOptions } from "./use-backend.ts";
export { useBackend } from "./use-backend.ts";
