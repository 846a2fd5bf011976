import { spawn } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const MAIN = join(dirname(fileURLToPath(import.meta.url)), "..", "..", "cli", "dist", "main.js");

/** Runs the command line, with the same processor instructions as the browser, and returns its output as JSON. */
export function command(...args: readonly string[]): Promise<Record<string, unknown>> {
  return new Promise((resolve, reject) => {
    // Newer engines have relaxed SIMD by default.
    const flags = Number(process.versions.node.split(".")[0]) < 22 ? ["--experimental-wasm-relaxed-simd"] : [];
    const child = spawn(process.execPath, [...flags, MAIN, ...args], { stdio: ["ignore", "pipe", "pipe"] });
    let out = "";
    let err = "";
    child.stdout.on("data", (text) => {
      out += text;
    });
    child.stderr.on("data", (text) => {
      err += text;
    });
    child.on("close", (code) => {
      if (code !== 0) reject(new Error(`pushforward ${args.join(" ")}: ${code}\n${err}`));
      else resolve(out.startsWith("{") ? (JSON.parse(out) as Record<string, unknown>) : { out });
    });
  });
}
