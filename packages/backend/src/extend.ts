export { coreCount } from "./plans/thread-count.ts";
export { type BackendChoice, backendChoice } from "./use-backend.ts";
