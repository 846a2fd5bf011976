export { type BackendDescription, describeBackend } from "./describe-backend.ts";
export type { BackendName } from "./start-wasm.ts";
export { type UseBackendOptions, useBackend } from "./use-backend.ts";
