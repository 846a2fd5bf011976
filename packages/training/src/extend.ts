export { trainingThreads } from "./fit/training-threads.ts";
