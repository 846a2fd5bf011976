// Runs the code of a page in a worker. The page starts a new worker for each run, so a run begins with a clean state.
import * as tf from "@tensorflow/tfjs-core";
import { Parser } from "acorn";
import * as pushforward from "pushforward";
import * as compile from "pushforward/compile";
import * as diagnostics from "pushforward/diagnostics";
import * as extend from "pushforward/extend";
import * as inference from "pushforward/inference";
import * as interop from "pushforward/interop";
import * as plots from "pushforward/plots";
import { transform } from "sucrase";
import { pageModule } from "../../../scripts/page-module.mjs";
import { formatted } from "./formatted.mjs";

const modules = {
  "@tensorflow/tfjs-core": tf,
  pushforward,
  "pushforward/compile": compile,
  "pushforward/diagnostics": diagnostics,
  "pushforward/extend": extend,
  "pushforward/inference": inference,
  "pushforward/interop": interop,
  "pushforward/plots": drawing(plots),
  "@pushforward/testing": undefined,
};

let cell = 0;
const say = (kind, text) => self.postMessage({ cell, kind, text });
for (const method of ["log", "info", "warn", "error", "debug"]) {
  console[method] = (...values) => say("line", values.map((value) => formatted(value)).join(" "));
}
// A worker in a worker has no address here: what would use several threads uses one.
self.Worker = undefined;

self.addEventListener("message", async ({ data: sources }) => {
  try {
    modules["@pushforward/testing"] = await import("@pushforward/testing");
    await program(sources);
    self.postMessage({ kind: "done" });
  } catch (error) {
    say("error", error instanceof Error ? `${error.name}: ${error.message}` : String(error));
  }
});

/** Plots also show their picture on the page. */
function drawing(functions) {
  const shown =
    (make) =>
    (...options) => {
      const result = make(...options);
      if (typeof result === "string" && result.startsWith("<svg")) say("picture", result);
      return result;
    };
  return Object.fromEntries(
    Object.entries(functions).map(([name, value]) => [name, typeof value === "function" ? shown(value) : value]),
  );
}

/** The fences of a page as one program: imports become constants, and the value of an expression is shown. */
async function program(sources) {
  const fences = sources.map((source, i) => `\`\`\`ts\n__cell(${i});\n${source.trimEnd()}\n\`\`\`\n`);
  const { code } = transform(pageModule(fences.join("\n")), { transforms: ["typescript"], disableESTransforms: true });
  const { body } = Parser.parse(code, { ecmaVersion: "latest", sourceType: "module" });
  const parts = body.map((node) => statement(node, code)).join("\n");
  const AsyncFunction = (async () => {}).constructor;
  const run = new AsyncFunction("__module", "__cell", "__show", `"use strict";\n${parts}`);
  const find = (name) => {
    if (modules[name] === undefined) throw new Error(`import: expected one of ${Object.keys(modules)}, got "${name}".`);
    return modules[name];
  };
  const show = (value) => {
    if (value !== undefined && !(typeof value === "string" && value.startsWith("<svg"))) say("value", formatted(value));
  };
  await run(
    find,
    (index) => {
      cell = index;
    },
    show,
  );
}

function statement(node, code) {
  const text = (part) => code.slice(part.start, part.end);
  if (node.type === "ImportDeclaration") {
    const from = `__module(${node.source.raw})`;
    const [first] = node.specifiers;
    if (first === undefined) return "";
    if (first.type === "ImportNamespaceSpecifier") return `const ${first.local.name} = ${from};`;
    const names = node.specifiers.map(({ imported, local }) => `${imported?.name ?? "default"}: ${local.name}`);
    return `const { ${names.join(", ")} } = ${from};`;
  }
  if (node.type === "ExportNamedDeclaration") return node.declaration === null ? "" : text(node.declaration);
  if (node.type === "ExpressionStatement") return `__show(${text(node.expression)});`;
  return text(node);
}
