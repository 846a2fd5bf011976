import { mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import chromium from "@sparticuz/chromium";
import { type Browser, chromium as playwright } from "playwright-core";

/** Starts the Chromium that comes with the development dependencies: nothing else has to be installed. */
export async function openBrowser(): Promise<Browser> {
  const before = process.env["TMPDIR"];
  // It unpacks itself into the folder of temporary files, and takes what is there already, whatever its version.
  const folder = join(tmpdir(), "pushforward-chromium-143");
  mkdirSync(folder, { recursive: true });
  process.env["TMPDIR"] = folder;
  try {
    return await playwright.launch({
      executablePath: await chromium.executablePath(),
      headless: true,
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--lang=en-GB",
      ],
    });
  } finally {
    if (before === undefined) delete process.env["TMPDIR"];
    else process.env["TMPDIR"] = before;
  }
}
