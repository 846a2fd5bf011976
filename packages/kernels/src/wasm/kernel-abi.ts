// The functions of assembly/index.ts: what the compiler knows of a WebAssembly module. A test compares it with the sources.

declare const role: unique symbol;

/** Where an array is, in bytes; 0 where there is none. */
export type Address = number & { readonly [role]: "address" };

/** 0 or 1. */
export type Flag = number & { readonly [role]: "flag" };

type Integer = number;
/** In float32. */
type Single = number;
/** In float64. */
type Double = number;

/** Their parameters, in order. */
export interface KernelAbi {
  activate: [z: Address, h: Address, count: Integer, kind: Integer];
  activateGradient: [saved: Address, dh: Address, dz: Address, count: Integer, kind: Integer, accumulate: Flag];
  adamStep: [
    values: Address,
    gradient: Address,
    first: Address,
    second: Address,
    next: Address,
    count: Integer,
    beta1: Double,
    beta2: Double,
    epsilon: Single,
    keep: Single,
    stepSize: Single,
    rootScale: Single,
    scale: Single,
    floor1: Single,
    floor2: Single,
  ];
  squaredNorm: [values: Address, count: Integer];
  add: [values: Address, to: Address, count: Integer];
  affineForward: [
    x: Address,
    parameters: Address,
    y: Address,
    logDet: Address,
    count: Integer,
    apart: Integer,
    inverse: Flag,
    map: Integer,
    limit: Single,
    offset: Single,
    least: Single,
  ];
  affineGradient: [
    x: Address,
    parameters: Address,
    dValue: Address,
    dLogDet: Address,
    dx: Address,
    dParameters: Address,
    count: Integer,
    apart: Integer,
    inverse: Flag,
    map: Integer,
    limit: Single,
    offset: Single,
    least: Single,
  ];
  moveAverage: [average: Address, values: Address, count: Integer, decay: Double];
  copyPart: [
    from: Address,
    fromStride: Integer,
    to: Address,
    toStride: Integer,
    rows: Integer,
    columns: Integer,
    accumulate: Flag,
  ];
  addColumns: [from: Address, width: Integer, sums: Address, rows: Integer];
  clear: [to: Address, count: Integer];
  copy: [from: Address, to: Address, count: Integer];
  gatherColumns: [from: Address, width: Integer, columns: Address, count: Integer, to: Address, rows: Integer];
  repeatRow: [row: Address, width: Integer, to: Address, rows: Integer];
  roundSums: [sums: Address, to: Address, count: Integer];
  scatterColumns: [
    from: Address,
    columns: Address,
    count: Integer,
    to: Address,
    width: Integer,
    rows: Integer,
    accumulate: Flag,
  ];
  spreadColumns: [from: Address, to: Address, width: Integer, rows: Integer];
  subtractRow: [from: Address, row: Address, to: Address, width: Integer, rows: Integer];
  sumRows: [from: Address, width: Integer, to: Address, rows: Integer];
  dropoutMask: [
    k0: Integer,
    k1: Integer,
    firstBlock: Integer,
    limit: Integer,
    kept: Single,
    out: Address,
    count: Integer,
    scratch: Address,
  ];
  linearForward: [
    x: Address,
    weight: Address,
    mask: Address,
    ranges: Address,
    bias: Address,
    y: Address,
    batch: Integer,
    inputs: Integer,
    outputs: Integer,
    accumulate: Flag,
    relu: Flag,
    scratch: Address,
  ];
  linearInputGradient: [
    dy: Address,
    weight: Address,
    mask: Address,
    ranges: Address,
    gate: Address,
    dx: Address,
    batch: Integer,
    inputs: Integer,
    outputs: Integer,
    accumulate: Flag,
    scratch: Address,
  ];
  linearPart: [
    x: Address,
    xStride: Integer,
    weight: Address,
    weightStride: Integer,
    bias: Address,
    y: Address,
    yStride: Integer,
    batch: Integer,
    depth: Integer,
    columns: Integer,
    accumulate: Flag,
    relu: Flag,
    scratch: Address,
  ];
  linearWeightGradient: [
    x: Address,
    dy: Address,
    mask: Address,
    ranges: Address,
    dWeight: Address,
    dBias: Address,
    batch: Integer,
    inputs: Integer,
    outputs: Integer,
    scratch: Address,
  ];
  multiply: [values: Address, factors: Address, to: Address, count: Integer];
  mixtureForward: [
    x: Address,
    mean: Address,
    shift: Address,
    weights: Address,
    offsets: Address,
    gateOffsets: Address,
    out: Address,
    shares: Address,
    rows: Integer,
    components: Integer,
    n: Integer,
    given: Integer,
    scratch: Address,
  ];
  mixtureGradient: [
    x: Address,
    mean: Address,
    shift: Address,
    weights: Address,
    shares: Address,
    d: Address,
    dx: Address,
    dOffsets: Address,
    dGateOffsets: Address,
    dShift: Address,
    dWeights: Address,
    rows: Integer,
    components: Integer,
    n: Integer,
    given: Integer,
    scratch: Address,
  ];
  mixtureWeights: [
    whitening: Address,
    diagonal: Address,
    offDiagonal: Address,
    weights: Address,
    components: Integer,
    n: Integer,
    scratch: Address,
  ];
  mixtureWeightsGradient: [
    whitening: Address,
    dWeights: Address,
    dDiagonal: Address,
    dOffDiagonal: Address,
    components: Integer,
    n: Integer,
    scratch: Address,
  ];
  normalLogProb: [x: Address, out: Address, rows: Integer, size: Integer];
  normalLogProbGradient: [x: Address, d: Address, dx: Address, rows: Integer, size: Integer];
  normals: [k0: Integer, k1: Integer, firstBlock: Integer, out: Address, count: Integer, scratch: Address];
  sinhArcsinhForward: [
    x: Address,
    skewness: Address,
    logTailWeight: Address,
    y: Address,
    logSlopes: Address,
    rows: Integer,
    columns: Integer,
    inverse: Flag,
    scratch: Address,
  ];
  sinhArcsinhGradient: [
    x: Address,
    y: Address,
    skewness: Address,
    logTailWeight: Address,
    dValue: Address,
    dLogSlopes: Address,
    dx: Address,
    dSkewness: Address,
    dLogTailWeight: Address,
    rows: Integer,
    columns: Integer,
    inverse: Flag,
    scratch: Address,
  ];
  splineForward: [
    x: Address,
    parameters: Address,
    y: Address,
    logDet: Address,
    count: Integer,
    apart: Integer,
    bins: Integer,
    bound: Double,
    linear: Flag,
    inverse: Flag,
    softmaxScale: Single,
    softmaxLimit: Single,
    minBin: Double,
    slopeLimit: Single,
    slopeOffset: Double,
    minSlope: Double,
    scratch: Address,
    saved: Address,
  ];
  splineGradient: [
    x: Address,
    parameters: Address,
    dValue: Address,
    dLogDet: Address,
    dx: Address,
    dParameters: Address,
    count: Integer,
    apart: Integer,
    bins: Integer,
    bound: Double,
    linear: Flag,
    inverse: Flag,
    softmaxScale: Single,
    softmaxLimit: Single,
    minBin: Double,
    slopeLimit: Single,
    slopeOffset: Double,
    minSlope: Double,
    scratch: Address,
    saved: Address,
  ];
}

/** The functions of a module. */
export type KernelExports = { readonly [Name in keyof KernelAbi]: (...parameters: KernelAbi[Name]) => number };
