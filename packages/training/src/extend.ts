export { trainingThreads } from "./fit/fit-setup.ts";
