// A part of make-kernels.mjs: compiles the AssemblyScript files and flags that it is given, and writes the module to stdout.
import asc from "assemblyscript/asc";

let binary;
const { error, stderr } = await asc.main(
  [
    ...process.argv.slice(2),
    "--outFile",
    "kernels.wasm",
    "--runtime",
    "stub",
    "--importMemory",
    "--noExportMemory",
    "--enable",
    "simd",
    // `--converge` would save 46 of 86,526 bytes and take four times as long.
    "-O3",
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
// The optimizer also writes remarks to stderr.
if (error || `${stderr}`.includes("WARNING")) throw new Error(`${stderr}`);
process.stdout.write(binary);
