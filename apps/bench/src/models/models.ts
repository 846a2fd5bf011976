import { AffineElementwise, type Bijection, chain, createKey, Flow, maf, nsf, StandardNormal } from "pushforward";
import { SinhArcsinh } from "./sinh-arcsinh.ts";

/** A model that is measured, in numbers that the Python scripts build theirs from, and how it is used. */
export interface ModelSpec {
  readonly id: string;
  readonly title: string;
  readonly scheme: "autoregressive" | "coupling" | "elementwise";
  readonly family: "affine" | "spline";
  readonly features: number;
  readonly transforms: number;
  readonly hidden: readonly number[];
  readonly bins: number;
  readonly bound: number;
  /** Whether a layer that a user wrote comes last. */
  readonly userLayer: boolean;
  /** The library that has this model. */
  readonly peer: "zuko" | "nflows" | undefined;
  /** Rows of a training step. */
  readonly batch: number;
  /** Rows that are drawn at once. */
  readonly draws: number;
}

const common = { bins: 0, bound: 0, userLayer: false, draws: 256 } as const;

const mafD2 = {
  ...common,
  scheme: "autoregressive",
  family: "affine",
  features: 2,
  transforms: 5,
  hidden: [64, 64],
  peer: "zuko",
  batch: 256,
} as const;

const couplingD2 = {
  ...common,
  scheme: "coupling",
  family: "spline",
  features: 2,
  transforms: 5,
  hidden: [50, 50, 50],
  bins: 10,
  bound: 3,
  peer: "nflows",
  batch: 50,
} as const;

/** The models, in the order of the table. */
export const models: readonly ModelSpec[] = [
  { ...mafD2, id: "a", title: "MAF, d 2, 5 × (64, 64), batch 256" },
  { ...mafD2, id: "b", title: "NSF, d 2, 5 × (64, 64), 8 bins, batch 256", family: "spline", bins: 8, bound: 5 },
  { ...couplingD2, id: "c1", title: "coupling NSF, d 2, hidden 50, 10 bins, batch 50" },
  { ...couplingD2, id: "c2", title: "coupling NSF, d 2, hidden 50, 10 bins, batch 512", batch: 512 },
  { ...couplingD2, id: "c3", title: "coupling NSF, d 8, hidden 50, 10 bins, batch 512", features: 8, batch: 512 },
  {
    ...mafD2,
    id: "d",
    title: "MAF, d 43, 5 × (512, 512), batch 512",
    features: 43,
    hidden: [512, 512],
    batch: 512,
    draws: 512,
  },
  {
    ...common,
    id: "e",
    title: "affine map, d 1, batch 10",
    scheme: "elementwise",
    family: "affine",
    features: 1,
    transforms: 1,
    hidden: [],
    peer: undefined,
    batch: 10,
  },
  { ...mafD2, id: "f", title: "MAF as a, with a layer of a user", userLayer: true },
];

/** The flow of a specification, as a user makes it. */
export function makeFlow(spec: ModelSpec): Flow {
  const { features, transforms, hidden, bins, bound } = spec;
  if (spec.scheme === "elementwise") {
    return new Flow(new StandardNormal({ features }), new AffineElementwise({ features }));
  }
  const shared = { features, transforms, hidden, key: createKey(0) };
  const flow =
    spec.family === "affine"
      ? maf(shared)
      : nsf({ ...shared, bins, bound, ...(spec.scheme === "coupling" && { coupling: true, residual: true }) });
  if (!spec.userLayer) return flow;
  const { layers } = flow.transform as Bijection & { readonly layers: readonly Bijection[] };
  return new Flow(flow.base, chain([...layers, new SinhArcsinh(features)]));
}
