// One line registers a distribution of independent features: its codec is known.

export * from "./beta.ts";
export * from "./categorical.ts";
export * from "./counts.ts";
export * from "./location-scale.ts";
export * from "./positive.ts";
export * from "./student-t.ts";
export * from "./truncated-normal.ts";
export * from "./von-mises.ts";
