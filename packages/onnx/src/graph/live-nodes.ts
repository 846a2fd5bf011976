import type { Graph, GraphNode } from "./graph.ts";

/** The nodes that some outputs are computed from. */
export function liveNodes(nodes: readonly GraphNode[], outputs: readonly string[]): readonly GraphNode[] {
  const needed = new Set(outputs);
  const live: GraphNode[] = [];
  for (const node of [...nodes].reverse()) {
    if (!node.outputs.some((name) => needed.has(name))) continue;
    live.push(node);
    for (const name of namesRead(node)) needed.add(name);
  }
  return live.reverse();
}

/** The names that nodes read, those in the bodies of loops too. */
export function namesRead({ inputs, attributes }: GraphNode): readonly string[] {
  const bodies = Object.values(attributes).flatMap((value) => ("graph" in value ? [value.graph] : []));
  return [...inputs, ...bodies.flatMap(namesOf)];
}

function namesOf({ nodes, outputs }: Graph): readonly string[] {
  return [...nodes.flatMap(namesRead), ...outputs.map(({ name }) => name)];
}
