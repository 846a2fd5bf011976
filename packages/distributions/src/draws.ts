export { componentAt, cumulativeWeights, orderByComponent } from "./mixtures/component-choice.ts";
export type { GaussianArrays } from "./mixtures/gaussian-numbers.ts";
export { gaussianNumbers } from "./mixtures/gaussian-numbers.ts";
export { chiSquaredDraws } from "./normals/chi-squared-draws.ts";
export { invertLower } from "./normals/triangular-factor.ts";
