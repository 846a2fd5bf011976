/** Means of a base of three normals. */
export const gaussians: readonly (readonly number[])[] = [
  [-1, 0.5],
  [0, -1],
  [1.5, 1],
];
