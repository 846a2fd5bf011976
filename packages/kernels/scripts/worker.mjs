// The program of a worker; make-kernels.mjs bundles it.
import { servePlan } from "../src/workers/plan-worker.ts";

servePlan();
