// The program of a worker, as an application has it.
import { serveSimulator } from "@pushforward/inference";
import { noisyMean } from "./noisy-mean.ts";

serveSimulator(noisyMean);
