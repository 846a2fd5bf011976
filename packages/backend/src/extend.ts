export { type BackendChoice, backendChoice } from "./backend-choice.ts";
export { coreCount } from "./plans/thread-count.ts";
