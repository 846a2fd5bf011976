// Makes src/generated:
// simd.ts, relaxed.ts  assembly/ compiled, in hexadecimal, which compresses better than base64; relaxed has fused
//                      multiply-add.
// worker.ts            the program of a worker as text, so that it runs without a file of its own.
import { mkdir, writeFile } from "node:fs/promises";
import asc from "assemblyscript/asc";
import { build } from "esbuild";

const features = { simd: [], relaxed: ["--enable", "relaxed-simd"] };
await mkdir("src/generated", { recursive: true });
for (const [name, flags] of Object.entries(features)) {
  let binary;
  const { error, stderr } = await asc.main(
    [
      "assembly/index.ts",
      "--outFile",
      "kernels.wasm",
      "--runtime",
      "stub",
      "--importMemory",
      "--noExportMemory",
      "--enable",
      "simd",
      ...flags,
      "-O3",
      "--converge",
      "--noAssert",
      "--disableWarning",
      "112",
    ],
    {
      writeFile: (_, contents) => {
        binary = contents;
      },
    },
  );
  // The optimizer also writes remarks there.
  if (error || `${stderr}`.includes("WARNING")) throw new Error(`${stderr}`);
  // Nothing but code: data or globals would need a place of their own in a memory that belongs to tfjs.
  const sections = sectionsOf(binary);
  for (const section of [6, 11]) if (sections.has(section)) throw new Error(`${name}: unexpected section ${section}.`);
  await writeFile(
    `src/generated/${name}.ts`,
    `export const ${name}Module: string =\n  "${Buffer.from(binary).toString("hex")}";\n`,
  );
}

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
