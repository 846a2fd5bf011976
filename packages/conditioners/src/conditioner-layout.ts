import { type Json, OptionError } from "@pushforward/core";
import { ConfigReader, type NetworkLayerForm } from "@pushforward/core/extend";
import { checkSize } from "./check-inputs.ts";

/** How the layers of a network are put together, and how they start. */
export interface ConditionerLayout {
  /** Initialization of the last layer: zero, or U(±1/√fan_in) like the hidden layers. */
  readonly start: "zero" | "uniform";
  /**
   * How the context c enters:
   *
   * - `"inputs"`: as further inputs of the first layer;
   * - `"maps"`: by separate linear maps with biases. The first layer is `h = W x + b + act(V c + v)`, and a residual
   * block adds
   *   `V c + v` to its inner layer. Hidden units of a masked network then need no degree of 0, so the first of several
   *   variables does not depend on the context.
   * - `"gates"`: as further inputs of the first layer. The output of each residual block is multiplied by σ(V c + v)
   * before it
   *   is added.
   */
  readonly context: "inputs" | "maps" | "gates";
  /**
   * Structure of a residual network:
   *
   * - `"activated"`: blocks `h ← h + W₂ act(W₁ act(h))`, and a last layer on `act(h)`; `hidden` has the width of the
   * first
   *   layer and of each block;
   * - `"linear"`: the same blocks with second layers that start at U(±0.001), and a last layer on `h`;
   * - `"widening"`: for each entry of `hidden` a block `h ← h + W₂ act(W₁ h)`, after a linear layer if the width
   * changes;
   *   `h` itself is never activated.
   */
  readonly blocks: "activated" | "linear" | "widening";
  /**
   * Degrees of the hidden units of a masked network: cyclic through all degrees, or, in a layer with fewer units than
   * degrees, spread evenly over the degrees.
   */
  readonly degrees: "spread" | "cyclic";
}

/** The layout of a network that starts at zero. */
export const CONDITIONER_LAYOUT: ConditionerLayout = {
  start: "zero",
  context: "inputs",
  blocks: "activated",
  degrees: "spread",
};

/** Allowed values of each field of a layout. */
export const LAYOUT_CHOICES: { readonly [K in keyof ConditionerLayout]: readonly ConditionerLayout[K][] } = {
  start: ["zero", "uniform"],
  context: ["inputs", "maps", "gates"],
  blocks: ["activated", "linear", "widening"],
  degrees: ["spread", "cyclic"],
};

/** One layer of a network, before it has values. */
export interface LayerLayout extends NetworkLayerForm {
  readonly inputs: number;
  readonly outputs: number;
  /** How the context is given to the layer: as further inputs, or by a linear map of its own with a bias. */
  readonly context?: "inputs" | "map";
  /** If false, no dropout follows the layer. */
  readonly drops?: boolean;
  /** Weights and biases start at U(−start, start); `"fan-in"`: 1/√(number of inputs). */
  readonly start: number | "fan-in";
}

/** Where the second layers of residual blocks start that change little at first. */
const SMALL_START = 1e-3;

/** A completed layout, checked together with the hidden widths. */
export function checkedLayout(
  where: string,
  layout: Partial<ConditionerLayout>,
  isResidual: boolean,
  hidden: readonly number[],
): ConditionerLayout {
  const checked = { ...CONDITIONER_LAYOUT, ...layout };
  for (const [name, choices] of Object.entries<readonly string[]>(LAYOUT_CHOICES)) {
    const value = checked[name as keyof ConditionerLayout];
    if (choices.includes(value)) continue;
    const expected = choices.map((choice) => JSON.stringify(choice)).join(" or ");
    throw new OptionError(`${where}: expected layout.${name} to be ${expected}, got ${JSON.stringify(value)}.`);
  }
  for (const width of hidden) checkSize(where, "each width in hidden", width);
  if (!isResidual) return checked;
  if (hidden.length === 0) {
    throw new OptionError(`${where}: expected at least one hidden layer for residual blocks, got none.`);
  }
  if (checked.blocks !== "widening" && hidden.some((width) => width !== hidden[0])) {
    const got = `[${hidden.join(", ")}]`;
    throw new OptionError(
      `${where}: expected hidden layers of one width, because residual blocks add to them, got ${got}.`,
    );
  }
  return checked;
}

/** The layers of a network. */
export function layerLayouts(
  layout: ConditionerLayout,
  isResidual: boolean,
  inputSize: number,
  hidden: readonly number[],
  outputSize: number,
): LayerLayout[] {
  const width = hidden.at(-1) ?? inputSize;
  const last: LayerLayout = { inputs: width, outputs: outputSize, start: layout.start === "zero" ? 0 : "fan-in" };
  if (!isResidual) return plain(layout, inputSize, hidden, last);
  const isRaw = layout.blocks !== "activated";
  return [...residual(layout, inputSize, hidden), { ...last, ...(isRaw && { raw: true }) }];
}

/** in → hidden… → out, the context in the first layer. */
function plain(
  layout: ConditionerLayout,
  inputSize: number,
  hidden: readonly number[],
  last: LayerLayout,
): LayerLayout[] {
  const layers = hidden.map(
    (outputs, i) => ({ inputs: hidden[i - 1] ?? inputSize, outputs, start: "fan-in" }) as const,
  );
  // Dropout starts behind the second layer where the first has a map of the context.
  const first = { ...entry(layout), ...(layout.context === "maps" && { drops: false }) };
  return [...layers, last].map((layer, i) => ({ ...layer, ...(i === 0 && first) }));
}

/** The first layer and the blocks. */
function residual(layout: ConditionerLayout, inputSize: number, hidden: readonly number[]): LayerLayout[] {
  const [width = 0, ...blocks] = hidden;
  const first: LayerLayout = { inputs: inputSize, outputs: width, ...entry(layout), start: "fan-in" };
  if (layout.blocks !== "widening") return [first, ...blocks.flatMap((size) => block(layout, size))];
  return hidden.flatMap((size, i): LayerLayout[] => {
    const before = hidden[i - 1] ?? size;
    const widening: LayerLayout = { inputs: before, outputs: size, raw: true, start: "fan-in" };
    return [...(i === 0 ? [first] : before === size ? [] : [widening]), ...block(layout, size)];
  });
}

/** The two layers of a residual block. */
function block({ context, blocks }: ConditionerLayout, width: number): LayerLayout[] {
  const square = { inputs: width, outputs: width } as const;
  return [
    {
      ...square,
      ...(blocks === "widening" && { raw: true }),
      ...(context === "maps" && { context: "map" }),
      start: "fan-in",
    },
    {
      ...square,
      ...(context === "gates" && { context: "map", contextUse: "gate" }),
      adds: true,
      start: blocks === "linear" ? SMALL_START : "fan-in",
    },
  ];
}

/** How the context enters the first layer. */
function entry({ context }: ConditionerLayout): Pick<LayerLayout, "context" | "contextUse"> {
  return context === "maps" ? { context: "map", contextUse: "activate" } : { context: "inputs" };
}

// Version 1 of the codecs of networks named the library whose layout a network has; version 2 says the layout. The names
// stand here because files hold them.

/** Upgrades a config of `pushforward/mlp` or `pushforward/residual-mlp` from version 1 to version 2. */
export function mlpOfVersion1(type: string, config: Json): Json {
  return upgraded(type, config, "gates");
}

/** Upgrades a config of `pushforward/made` from version 1 to version 2. */
export function madeOfVersion1(config: Json): Json {
  return upgraded("pushforward/made", config, "maps");
}

function upgraded(type: string, config: Json, context: string): Json {
  const reader = new ConfigReader(type, config);
  if (!reader.has("convention")) return config;
  const { convention: _, ...rest } = config as { readonly [field: string]: Json };
  const layouts = {
    pushforward: undefined,
    zuko: { start: "uniform", context: "inputs", blocks: "widening", degrees: "cyclic" },
    nflows: { start: "uniform", context, blocks: "linear", degrees: "cyclic" },
  };
  const layout = layouts[reader.oneOf("convention", ["pushforward", "zuko", "nflows"])];
  return { ...rest, ...(layout && { layout }) };
}
