// Makes src/generated of the kernels, all functions that the files of assembly/ export; assembly/parts/ has what they share:
// kernel-abi.ts        their parameters, for the compiler.
// simd.ts, relaxed.ts  assembly/ compiled, in hexadecimal, which compresses better than base64; relaxed has fused
//                      multiply-add.
// worker.ts            the program of a worker as text, so that it runs without a file of its own.
import { execFile } from "node:child_process";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build } from "esbuild";

const features = { simd: [], relaxed: ["--enable", "relaxed-simd"] };
await mkdir("src/generated", { recursive: true });
const sources = (await readdir("assembly")).filter((name) => name.endsWith(".ts")).sort();
const entries = sources.map((name) => `assembly/${name}`);
await writeFile("src/generated/kernel-abi.ts", abiOf(await Promise.all(entries.map((path) => readFile(path, "utf8")))));
const compiler = fileURLToPath(new URL("compile-module.mjs", import.meta.url));
const output = { encoding: "buffer", maxBuffer: 2 ** 24 };
// Each module is compiled in a process of its own.
await Promise.all(
  Object.entries(features).map(async ([name, flags]) => {
    const { stdout: binary } = await promisify(execFile)(process.execPath, [compiler, ...entries, ...flags], output);
    // Only code: data or globals would need a place in a memory that belongs to tfjs.
    const sections = sectionsOf(binary);
    for (const section of [6, 11])
      if (sections.has(section)) throw new Error(`${name}: unexpected section ${section}.`);
    await writeFile(
      `src/generated/${name}.ts`,
      `export const ${name}Module: string =\n  "${Buffer.from(binary).toString("hex")}";\n`,
    );
  }),
);

const { outputFiles } = await build({
  entryPoints: ["scripts/worker.mjs"],
  bundle: true,
  minify: true,
  // A classic script: Node takes no other as text.
  format: "iife",
  platform: "neutral",
  target: "es2022",
  legalComments: "none",
  write: false,
});
const [{ text }] = outputFiles;
// A worker is sent its kernels.
if (text.includes("0061736d")) throw new Error("worker: expected no WebAssembly in the bundle.");
await writeFile("src/generated/worker.ts", `export const workerProgram: string =\n  ${JSON.stringify(text)};\n`);

/** The parameters of all kernels; single and double are float32 and float64. */
function abiOf(texts) {
  const types = { usize: "Address", bool: "Flag", i32: "Integer", f32: "Single", f64: "Double" };
  const entries = texts.flatMap((text) =>
    [...text.matchAll(/^export function (\w+)\(([^)]*)\)/gm)].map(([, name, list]) => {
      const parameters = list.split(",").filter((parameter) => parameter.trim() !== "");
      const typed = parameters.map((parameter) => {
        const [label, type] = parameter.split(":").map((word) => word.trim());
        if (types[type] === undefined) throw new Error(`${name}: expected a number or an address, got ${parameter}.`);
        return `${label}: ${types[type]}`;
      });
      return `  ${name}: [${typed.join(", ")}];\n`;
    }),
  );
  return [
    'import type { Address, Flag } from "../wasm/addresses.ts";\n\n',
    "type Integer = number;\ntype Single = number;\ntype Double = number;\n\n",
    "/** The functions of the modules: their parameters, in order. */\n",
    `export interface KernelAbi {\n${entries.join("")}}\n\n`,
    "/** The functions of a module. */\n",
    "export type KernelExports = { readonly [Name in keyof KernelAbi]: (...parameters: KernelAbi[Name]) => number };\n",
  ].join("");
}

function sectionsOf(binary) {
  const found = new Set();
  for (let at = 8; at < binary.length; ) {
    found.add(binary[at++]);
    let size = 0;
    for (let shift = 0, more = true; more; shift += 7) {
      const byte = binary[at++];
      size |= (byte & 127) << shift;
      more = byte > 127;
    }
    at += size;
  }
  return found;
}
