export type { BackendName } from "./backend-name.ts";
export { type BackendDescription, describeBackend } from "./describe-backend.ts";
export { type UseBackendOptions, useBackend } from "./use-backend.ts";
