// One line registers a distribution of independent features: its codec is known.
export * from "./bernoulli.ts";
export * from "./beta.ts";
export * from "./categorical.ts";
export * from "./cauchy.ts";
export * from "./exponential.ts";
export * from "./gamma.ts";
export * from "./gumbel.ts";
export * from "./half-normal.ts";
export * from "./laplace.ts";
export * from "./log-normal.ts";
export * from "./logistic.ts";
export * from "./negative-binomial.ts";
export * from "./poisson.ts";
export * from "./student-t.ts";
export * from "./truncated-normal.ts";
export * from "./von-mises.ts";
