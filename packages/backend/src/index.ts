export type { BackendDescription } from "./describe-backend.ts";
export { describeBackend } from "./describe-backend.ts";
export type { BackendName } from "./use-backend.ts";
export { useBackend } from "./use-backend.ts";
