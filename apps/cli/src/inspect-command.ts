import { Command } from "commander";
import { type Json, type ModelNode, parameterCount, standard } from "pushforward";
import { loadTableModel } from "./model.ts";

/** `pushforward inspect`: what is in a model file. */
export function inspectCommand(): Command {
  return new Command("inspect")
    .description("Show what is in a model file: its columns, how it was fitted, the tree of the model.")
    .argument("<model.safetensors>")
    .option("--json", "print one JSON document on standard output")
    .action(async (file: string, options: { readonly json?: boolean }) => {
      const { flow, metadata } = await loadTableModel(file);
      const tree = flow.parameters();
      const node = standard.encode(flow);
      const parameters = [...tree].map(([path, p]) => ({ path, shape: p.shape, trainable: p.trainable }));
      if (options.json === true) {
        process.stdout.write(`${JSON.stringify({ metadata, model: node, parameters })}\n`);
        return;
      }
      process.stdout.write(
        `${file}: ${parameterCount(tree)} parameters in ${tree.size} arrays\n${describeMetadata(metadata)}\n${describeNode(node, "")}`,
      );
    });
}

function describeMetadata(metadata: { readonly [key: string]: Json }): string {
  return Object.entries(metadata)
    .map(([name, value]) => `${name}: ${JSON.stringify(value)}`)
    .join("\n");
}

/** The tree of a model, one object a line; long lists of numbers are shortened. */
function describeNode(node: ModelNode, indent: string): string {
  const plain: string[] = [];
  let below = "";
  for (const [name, value] of Object.entries(node.config)) {
    const nodes = (Array.isArray(value) ? value : [value]) as readonly Json[];
    if (nodes.length > 0 && nodes.every(isNode)) {
      for (const child of nodes as unknown as readonly ModelNode[])
        below += `${indent}  ${name}:\n${describeNode(child, `${indent}    `)}`;
    } else {
      const text = JSON.stringify(value);
      plain.push(`${name} ${text.length > 60 ? `${text.slice(0, 57)}…` : text}`);
    }
  }
  return `${indent}${node.type}${plain.length === 0 ? "" : ` (${plain.join(", ")})`}\n${below}`;
}

function isNode(value: Json): boolean {
  return typeof value === "object" && value !== null && "type" in value && "config" in value;
}
