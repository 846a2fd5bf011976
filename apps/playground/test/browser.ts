import { existsSync, mkdtempSync } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import chromium from "@sparticuz/chromium";
import { type Browser, chromium as playwright } from "playwright-core";

/** Starts the Chromium from the development dependencies. No further installation is needed. */
export async function openBrowser(): Promise<Browser> {
  const before = process.env["TMPDIR"];
  // It unpacks itself into the folder of temporary files, and takes what is there already, whatever its version.
  const folder = join(tmpdir(), "pushforward-browser-143");
  try {
    if (!existsSync(folder)) await unpack(folder);
    process.env["TMPDIR"] = folder;
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

/**
 * Unpacks the browser under a temporary name first, because a program cannot start while a second process still writes
 * it.
 */
async function unpack(folder: string): Promise<void> {
  const own = mkdtempSync(`${folder}-`);
  process.env["TMPDIR"] = own;
  await chromium.executablePath();
  // The first process that is ready wins.
  await rename(own, folder).catch(() => rm(own, { recursive: true, force: true }));
}
