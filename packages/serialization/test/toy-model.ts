import type { Codec, Json, Module, Parameter, ParameterTree, Registry } from "@pushforward/core";
import { ConfigReader, defineCodec, disposeParameters, parameter, parameterTree } from "@pushforward/core/extend";
import { createRegistry } from "../src/extend.ts";

/** Parts of a toy. */
export interface ToyParts {
  readonly rows: number;
  readonly columns: number;
  readonly shift: number;
  readonly name: string;
  readonly children: readonly Toy[];
}

/** A module with a weight, an int32 buffer, a scalar and children: all that a model file can hold. */
export class Toy implements Module {
  readonly parts: ToyParts;
  readonly weight: Parameter;
  readonly order: Parameter;
  readonly scale: Parameter;

  constructor(parts: ToyParts, values?: { weight: number[]; order: number[]; scale: number }) {
    this.parts = parts;
    this.weight = parameter([parts.rows, parts.columns], values?.weight);
    this.order = parameter([parts.rows], values?.order, { dtype: "int32", trainable: false });
    this.scale = parameter([], values === undefined ? undefined : [values.scale]);
  }

  parameters(): ParameterTree {
    const { weight, order, scale } = this;
    return parameterTree({ weight, order, scale, children: this.parts.children });
  }

  dispose(): void {
    disposeParameters(this.parameters());
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

/** True for a toy. */
export function isToy(value: unknown): value is Toy {
  return value instanceof Toy;
}

/** The codec of {@link Toy}. */
export const toyCodec: Codec<Toy, Json> = defineCodec<Toy, Json>({
  type: "test/toy",
  version: 2,
  is: isToy,
  encode: ({ parts }, registry) => ({
    rows: parts.rows,
    columns: parts.columns,
    shift: parts.shift,
    name: parts.name,
    children: parts.children.map((child) => registry.encode(child) as unknown as Json),
  }),
  decode: (config, registry) => {
    const c = new ConfigReader("test/toy", config);
    const parts = {
      rows: c.count("rows"),
      columns: c.count("columns"),
      shift: c.number("shift"),
      name: c.string("name"),
      children: c.objects("children", registry, isToy, "a toy"),
    };
    c.end();
    return new Toy(parts);
  },
  // Version 1 had no name.
  migrate: (config) => ({ ...(config as object), name: "old" }),
});

/** A registry that knows only toys. */
export const toyRegistry: Registry = createRegistry(toyCodec);

/** A toy with two children and awkward values. */
export function makeToy(): Toy {
  const leaf = (name: string, seed: number): Toy =>
    new Toy(
      { rows: 2, columns: 1, shift: seed, name, children: [] },
      { weight: [seed, -seed / 3], order: [1, 0], scale: seed },
    );
  return new Toy(
    { rows: 3, columns: 2, shift: -0, name: 'é "quoted" \u{1f600}', children: [leaf("a", 0.1), leaf("b", 1e-40)] },
    {
      weight: [0.1, -0, 1e38, 1e-45, -3.4028234e38, 7],
      order: [2, -1, 2147483647],
      scale: Math.PI,
    },
  );
}
