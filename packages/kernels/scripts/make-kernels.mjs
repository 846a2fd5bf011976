// Compiles assembly/ to two modules and embeds them as base64: simd, and relaxed, which has fused multiply-add.
import { mkdir, writeFile } from "node:fs/promises";
import asc from "assemblyscript/asc";

const builds = { simd: [], relaxed: ["--enable", "relaxed-simd"] };
await mkdir("src/generated", { recursive: true });
for (const [name, features] of Object.entries(builds)) {
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
      ...features,
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
  // The optimiser also writes remarks there.
  if (error || `${stderr}`.includes("WARNING")) throw new Error(`${stderr}`);
  // Nothing but code: data or globals would need a place of their own in a memory that belongs to tfjs.
  const sections = sectionsOf(binary);
  for (const section of [6, 11]) if (sections.has(section)) throw new Error(`${name}: unexpected section ${section}.`);
  const base64 = Buffer.from(binary).toString("base64");
  await writeFile(`src/generated/${name}.ts`, `export const ${name}Module: string =\n  "${base64}";\n`);
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
