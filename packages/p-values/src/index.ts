export { binomialBand } from "./binomial-band.ts";
export { chiSquaredTail } from "./chi-squared-tail.ts";
export { kolmogorovSmirnov } from "./kolmogorov-smirnov.ts";
export { kolmogorovTail } from "./kolmogorov-tail.ts";
export { normalTail } from "./normal-tail.ts";
