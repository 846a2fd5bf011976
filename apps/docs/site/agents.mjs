// What agents read: `llms.txt`, `llms-full.txt`, and a skill that lists commands and names. All of it comes from the sources.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import { titleOf, write } from "./pages.mjs";

/** The most lines of the skill. */
const LINES = 150;

/**
 * Writes the files into the folder of what the site serves as it is.
 *
 * @param {{ root: string, here: string, out: string, pages: ReadonlyMap<string, string>, names: readonly object[],
 *   address: string }} site
 */
export async function writeAgents({ root, here, out, pages, names, address }) {
  const summary =
    "Learn a probability density from a table, evaluate it exactly, sample from it, and ask it questions.";
  const link = ([source, page]) => {
    const url = `${address}${page.replace(/(^|\/)index\.md$/, "$1").replace(/\.md$/, ".html")}`;
    return `- [${titleOf(root, source)}](${url}): ${firstSentence(readFileSync(join(root, source), "utf8"))}\n`;
  };
  const guides = [...pages].filter(([, page]) => !page.startsWith("api/"));
  const packages = [...pages].filter(([, page]) => page.startsWith("api/"));
  const full = `[llms-full.txt](${address}llms-full.txt) has all pages, [SKILL.md](${address}SKILL.md) the commands and names.`;
  write(
    join(out, "llms.txt"),
    `# pushforward\n\n> ${summary}\n\n${full}\n\n## Guides\n\n${guides.map(link).join("")}\n## Packages\n\n${packages.map(link).join("")}`,
  );
  const texts = [...pages].map(([source, page]) => {
    return `<!-- ${page} -->\n\n${readFileSync(join(root, source), "utf8")}`;
  });
  write(join(out, "llms-full.txt"), texts.join("\n"));
  const skill = skillText(summary, await commandsOf({ root, here }), names);
  const lines = skill.split("\n").length - 1;
  if (lines > LINES) throw new Error(`SKILL.md: expected at most ${LINES} lines, got ${lines}.`);
  write(join(out, "SKILL.md"), skill);
}

function firstSentence(text) {
  const paragraph = text.split(/\n\s*\n/).find((part) => /^[A-Z`[]/.test(part)) ?? "";
  return (/^[\s\S]*?[.:](?=\s|$)/.exec(paragraph)?.[0] ?? paragraph)
    .replaceAll(/\s+/g, " ")
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1");
}

/** The commands of the program with their usage, from their own descriptions. */
async function commandsOf({ root, here }) {
  // Modules that the bundle leaves outside are found from the folder of the command line.
  const folder = join(root, "apps", "cli", "node_modules", ".cache", "skill");
  mkdirSync(folder, { recursive: true });
  const entry = join(folder, "commands.ts");
  const source = join(root, "apps", "cli", "src", "commands");
  writeFileSync(
    entry,
    `export { operationCommand, operationCommands } from ${JSON.stringify(join(source, "operation-command.ts"))};
     export { otherCommands } from ${JSON.stringify(join(source, "other-commands.ts"))};`,
  );
  const outfile = join(folder, "commands.mjs");
  const local = { name: "local", setup: ({ onResolve }) => onResolve({ filter: /./ }, laterIsOutside) };
  await build({
    entryPoints: [entry],
    outfile,
    ...{ bundle: true, format: "esm", platform: "node", conditions: ["@pushforward/source"], absWorkingDir: here },
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    plugins: [local],
    external: ["commander"],
    logLevel: "warning",
  });
  const { operationCommand, operationCommands, otherCommands } = await import(pathToFileURL(outfile).href);
  rmSync(folder, { recursive: true });
  return [...operationCommands().map((name) => operationCommand(name)), ...otherCommands("0.0.0")];
}

/** What a command imports when it runs is not needed to describe it. */
function laterIsOutside({ kind, path }) {
  return kind === "dynamic-import" ? { path, external: true } : undefined;
}

function skillText(summary, commands, names) {
  const described = commands.map(
    (command) => `- \`pushforward ${command.name()} ${command.usage()}\`: ${command.description()}`,
  );
  const folders = [...new Set(names.map(({ url }) => url.split("/")[0]))].sort();
  const values = folders.flatMap((folder) => {
    const own = names.filter(
      ({ url, kind }) => url.startsWith(`${folder}/`) && /function|class|variable|namespace/.test(kind),
    );
    if (own.length === 0) return [];
    return [`- ${folder}: ${own.map(({ name }) => `\`${name}\``).join(", ")}`];
  });
  return `---
name: pushforward
description: ${summary} Use it for synthetic rows, anomalies with reasons, missing cells, densities and questions about a CSV file, on the command line or in TypeScript.
---

# pushforward

${summary} One model file, a \`.safetensors\` file, answers everything.

## Commands

Install with \`npm install -g @pushforward/cli\`. \`pushforward <command> --help\` has all options, and \`--json\` prints results for programs.

${described.join("\n")}

## A table, from file to answers

\`\`\`sh
pushforward fit data.csv --out model.safetensors
pushforward score model.safetensors data.csv --top 10
pushforward sample model.safetensors -n 1000 --out synthetic.csv
pushforward impute model.safetensors data.csv --out filled.csv
\`\`\`

## TypeScript

Install with \`npm install pushforward @tensorflow/tfjs-core@4.22.0\`. Start a backend first. Randomness comes from keys: use each key once, and split or fold it for more.

\`\`\`ts
import { createKey, nsf, train, useBackend } from "pushforward";

await useBackend("wasm");
const flow = nsf({ features: 2, key: createKey(1) });
await train(flow, rows, { key: createKey(2) });
const nats = flow.logProb(rows).dataSync();
const samples = flow.sample(createKey(3), [1000]).arraySync();
\`\`\`

- Files: \`saveModel\` and \`loadModel\` of \`pushforward/node\`.
- Errors read \`where: expected X, got Y.\`, with a remedy.
- Tensors that a function returns belong to the caller: dispose of them, or use \`using\`.

## Names by package

\`pushforward\` exports all of them except those of files, kernels, onnx, ops, runtime, server and testing, which come from \`@pushforward/<package>\`. Those of diagnostics, inference, interop and plots come from \`pushforward/<package>\`.

${values.join("\n")}
`;
}
