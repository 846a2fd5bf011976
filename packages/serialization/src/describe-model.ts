import { type Json, type Parameter, type ParameterTree, parameterCount, type Registry } from "@pushforward/core";
import { formatShape, isModule, type ModelNode } from "@pushforward/core/extend";

/** Maximum length of the text of a setting. */
const LONGEST = 60;

/** An object of the model with its place in the tree of parameters. */
interface Place {
  readonly name: string;
  readonly path: string;
  readonly node: ModelNode;
}

/**
 * The tree of a model as text, one object per line with its settings and its number of trainable parameters, and one line
 * per parameter with its shape; buffers say so.
 *
 * @param registry knows every object of the model, as for a model file.
 * @throws {OptionError} no codec knows an object in the model.
 * @example
 * console.log(describeModel(flow, standardRegistry));
 * // flow: 1,234 parameters
 * //   base: standard-normal (shape [2])
 * //   transform: chain: 1,234 parameters
 * //     layers.0: autoregressive (orientation "density"): 1,234 parameters
 * //       …
 */
export function describeModel(model: object, registry: Registry): string {
  const tree: ParameterTree = isModule(model) ? model.parameters() : new Map();
  return linesOf({ name: "", path: "", node: registry.encode(model) }, tree, "").join("\n");
}

function linesOf({ name, path, node }: Place, tree: ParameterTree, indent: string): string[] {
  const { settings, children } = partsOf(node, path);
  const own = new Map([...tree].filter(([at]) => isUnder(at, path)));
  const count = parameterCount(own);
  const type = node.type.replace(/^pushforward\//, "");
  const head = `${indent}${name === "" ? "" : `${name}: `}${type}${settings.length === 0 ? "" : ` (${settings.join(", ")})`}`;
  const size = own.size === 0 ? "" : `: ${count.toLocaleString("en-US")} ${count === 1 ? "parameter" : "parameters"}`;
  const rest = [...own].filter(([at]) => !children.some((child) => isUnder(at, child.path)));
  return [
    head + size,
    ...children.flatMap((child) => linesOf(child, tree, `${indent}  `)),
    ...rest.map(
      ([at, parameter]) => `${indent}  ${describeParameter(at.slice(path === "" ? 0 : path.length + 1), parameter)}`,
    ),
  ];
}

function describeParameter(name: string, { shape, trainable }: Parameter): string {
  return `${name} ${formatShape(shape)}${trainable ? "" : ", not trained"}`;
}

function isUnder(at: string, path: string): boolean {
  return path === "" || at === path || at.startsWith(`${path}.`);
}

/** The plain settings of a node, and the objects under it. */
function partsOf({ config }: ModelNode, path: string): { settings: string[]; children: Place[] } {
  const settings: string[] = [];
  const children: Place[] = [];
  for (const [name, value] of Object.entries(config)) {
    const values: readonly Json[] = Array.isArray(value) ? value : [value];
    const nodes = values.filter(isNode);
    if (nodes.length === 0 || nodes.length < values.length) {
      settings.push(`${name} ${shorten(JSON.stringify(value))}`);
      continue;
    }
    for (const [i, node] of nodes.entries()) {
      const own = Array.isArray(value) ? `${name}.${i}` : name;
      children.push({ name: own, path: path === "" ? own : `${path}.${own}`, node });
    }
  }
  return { settings, children };
}

function isNode(value: Json): value is Json & ModelNode {
  return typeof value === "object" && value !== null && "type" in value && "config" in value;
}

function shorten(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text;
}
