/**
 * The kinds of members: layers over a mixture of Gaussians; quantile splines and layers over one Gaussian; the same with
 * layers that are affine, which overfit less; and with layers of mixtures made normal (Gaussianization), which err elsewhere.
 */
export type MemberKind = "mixture" | "quantile" | "affine" | "gaussianization";
