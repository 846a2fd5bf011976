/** Edges of the splines of the cases: the bounds of their box, and a knot on either side of its middle. */
export const knots: readonly number[] = [-5, -2.5, 2.5, 5];
