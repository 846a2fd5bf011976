// The program of a worker; make-kernels.mjs bundles it.
import { servePlan } from "../src/plan-worker.ts";

servePlan();
