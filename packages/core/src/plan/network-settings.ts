/** Nonlinearity between the layers of a network. */
export type Activation = "relu" | "tanh" | "elu" | "silu";

/**
 * How a context enters a layer, by its own linear map `c = context·contextWeight + contextBias`: added to the outputs
 * (`"add"`), added after the activation (`"activate"`), or as what the outputs are multiplied by, σ(c) (`"gate"`).
 */
export type ContextUse = "add" | "activate" | "gate";

/** What a layer of a network does besides its linear map. */
export interface NetworkLayerForm {
  /** Default: `"add"`. */
  readonly contextUse?: ContextUse | undefined;
  /** The layer reads what is before it as it is, without the activation. */
  readonly raw?: boolean | undefined;
  /**
   * The layer closes a residual block, which the one before it opens: what it gives is added to what that one read. Between
   * the two there is an activation. Not for the last layer.
   */
  readonly adds?: boolean | undefined;
}

/** One linear layer, `h·(weight ⊙ mask) + bias`, with what the context gives by `contextWeight ⊙ contextMask`. Its values are tensors, parameters or arrays. */
export interface NetworkLayer<Values> extends NetworkLayerForm {
  /** `[in, out]`. */
  readonly weight: Values;
  /** `[out]`. */
  readonly bias?: Values | undefined;
  /** `[in, out]` of zeros and ones. */
  readonly mask?: Values | undefined;
  /** `[contextSize, out]`. */
  readonly contextWeight?: Values | undefined;
  /** `[contextSize, out]` of zeros and ones, only where there is a `contextWeight`. */
  readonly contextMask?: Values | undefined;
  /** `[out]`, only where there is a `contextWeight`. */
  readonly contextBias?: Values | undefined;
}

/** A layer of a network in a plan: its sizes, and where its values are among the parameters of the step. */
export interface PlannedLayer extends NetworkLayer<number> {
  readonly inputs: number;
  readonly outputs: number;
  /** The share of the activations of its outputs that is dropped in training. */
  readonly dropout?: number | undefined;
}

/** A feed-forward or residual network in a plan. */
export interface NetworkSettings {
  readonly activation: Activation;
  readonly layers: readonly PlannedLayer[];
}

/**
 * How a masked autoregressive network is made. An input variable of rank r has degree r + 1. A hidden unit of degree k
 * sees units of degree k or less; the outputs for a variable see units of less than its degree. The layers of a stream have
 * the same degrees.
 */
export interface AutoregressiveStructure {
  /** `order[i]` is the rank of variable i. Variables of one rank do not see each other; no rank is left out. */
  readonly order: readonly number[];
  readonly outputsPerVariable: number;
  /** For each hidden layer the degrees of its units, none less than the one before it. */
  readonly degrees: readonly (readonly number[])[];
  /** The masks have more zeros than the degrees alone give, so that the steps must apply them. */
  readonly isSparse?: boolean;
}
