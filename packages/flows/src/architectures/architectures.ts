/** Description of an architecture for display. */
export interface ArchitectureInfo {
  /** Its name for people. */
  readonly label: string;
  /** Description in a sentence or two. */
  readonly help: string;
  /** Default number of layers. */
  readonly transforms: number;
  /** `true` if its layers are splines: it then takes `bins` and `bound`. */
  readonly splines: boolean;
  /** The function that makes it. */
  readonly factory: string;
  /** Types of its layers, in model files, with codecs that a lazy registry loads; none for the common types. */
  readonly types?: readonly string[];
  /** Its layers have networks only with a context: without one it has no network options. */
  readonly amortized?: true;
  /** The options of the function that make it this architecture. */
  readonly fixed?: { readonly coupling: true };
}

/** The names of the architectures on the command line, in addresses of the page and in reports. */
export type ArchitectureName = (typeof names)[number];

const names = [
  "nsf",
  "nsf-coupling",
  "maf",
  "iaf",
  "realNvp",
  "nice",
  "naf",
  "unaf",
  "bnaf",
  "residualFlow",
  "sospf",
  "bpf",
  "gf",
  "cnf",
  "planar",
  "radial",
  "sylvester",
] as const;

/**
 * All architectures by name, for {@link createFlow}. Displaying the list loads no mathematics: entries are separate from the
 * functions, so a bundler can load each function on demand.
 *
 * @example
 * architectures.maf.label; // → "MAF"
 */
export const architectures: Readonly<Record<ArchitectureName, ArchitectureInfo>> = {
  nsf: {
    label: "Neural spline flow",
    help: "Each column goes through a smooth, rising curve that depends on the columns before it. It fits the sharpest shapes.",
    transforms: 3,
    splines: true,
    factory: "nsf",
  },
  "nsf-coupling": {
    label: "Neural spline flow, coupling",
    help: "Half of the columns choose the curves for the other half. Learned linear maps between the layers mix the columns.",
    transforms: 5,
    splines: true,
    factory: "nsf",
    fixed: { coupling: true },
  },
  maf: {
    label: "MAF",
    help: "Each column is scaled and shifted depending on the columns before it. Simple and fast, but separate clusters stay connected.",
    transforms: 5,
    splines: false,
    factory: "maf",
  },
  iaf: {
    label: "IAF",
    help: "MAF the other way round: samples are fast, but a density takes one pass per column, so that training is slower.",
    transforms: 5,
    splines: false,
    factory: "iaf",
  },
  realNvp: {
    label: "RealNVP",
    help: "Half of the columns choose scales and shifts for the other half, in turn. Sampling is as fast as scoring.",
    transforms: 6,
    splines: false,
    factory: "realNvp",
  },
  nice: {
    label: "NICE",
    help: "Half of the columns shift the other half, in turn; one scale per column stretches all rows alike. The simplest flow.",
    transforms: 4,
    splines: false,
    factory: "nice",
  },
  naf: {
    label: "NAF",
    help: "The curves of each column are small monotone networks. Flexible, but without kernels of its own: training and samples are slower.",
    transforms: 3,
    splines: false,
    factory: "naf",
    types: ["pushforward/deep-sigmoid"],
  },
  unaf: {
    label: "UNAF",
    help: "The curves of each column are integrals of small positive networks. Flexible and smooth, but the slowest to train.",
    transforms: 3,
    splines: false,
    factory: "unaf",
    types: ["pushforward/monotone-integral"],
  },
  bnaf: {
    label: "BNAF",
    help: "One network that rises in each column, with few weights. Smooth and flexible, but without kernels of its own: training and samples are slower.",
    transforms: 2,
    splines: false,
    factory: "bnaf",
    types: ["pushforward/block-autoregressive"],
  },
  residualFlow: {
    label: "Residual flow",
    help: "Networks of all columns move rows a little in each layer. No order of the columns, but samples take iterations and training is slow.",
    transforms: 8,
    splines: false,
    factory: "residualFlow",
    types: ["pushforward/contractive-residual"],
  },
  sospf: {
    label: "Sum-of-squares flow",
    help: "The curves of each column are integrals of squared polynomials. Smooth. Samples are slower.",
    transforms: 3,
    splines: false,
    factory: "sospf",
    types: ["pushforward/sum-of-squares"],
  },
  bpf: {
    label: "Bernstein polynomial flow",
    help: "The curves of each column are Bernstein polynomials. Very smooth, but without kernels of its own: training and samples are slower.",
    transforms: 3,
    splines: false,
    factory: "bpf",
    types: ["pushforward/bernstein"],
  },
  gf: {
    label: "Gaussianization flow",
    help: "Each column is made normal by a mixture of Gaussians; learned rotations between the layers mix the columns. Samples are slower.",
    transforms: 3,
    splines: false,
    factory: "gf",
    types: ["pushforward/gaussianization"],
  },
  cnf: {
    label: "CNF",
    help: "The flow of a differential equation, whose velocity is a network. Smooth and without an order of the columns, but slow: each density solves the equation.",
    transforms: 1,
    splines: false,
    factory: "cnf",
    types: ["pushforward/continuous"],
  },
  planar: {
    label: "Planar flow",
    help: "Each layer moves rows along one direction. The oldest of the flows: it takes many layers for a simple shape, and samples take iterations.",
    transforms: 16,
    splines: false,
    factory: "planar",
    types: ["pushforward/planar"],
    amortized: true,
  },
  radial: {
    label: "Radial flow",
    help: "Each layer pulls rows to a point, or pushes them away. It takes many layers for a simple shape.",
    transforms: 16,
    splines: false,
    factory: "radial",
    types: ["pushforward/radial"],
    amortized: true,
  },
  sylvester: {
    label: "Sylvester flow",
    help: "Each layer moves rows along several directions at once, as a planar flow does along one. Samples take iterations.",
    transforms: 8,
    splines: false,
    factory: "sylvester",
    types: ["pushforward/sylvester"],
    amortized: true,
  },
};

/** The names of {@link architectures}, in their order. */
export const architectureNames: readonly ArchitectureName[] = names;
