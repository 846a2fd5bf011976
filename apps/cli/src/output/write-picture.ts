import { extname } from "node:path";
import { saveBytes } from "pushforward/node";
import { located } from "../run/program-io.ts";
import { say } from "./terminal.ts";

/** Writes an SVG to a file, as PNG at twice its size when the name ends in .png. */
export async function writePicture(path: string, svg: string): Promise<void> {
  const isPng = extname(path).toLowerCase() === ".png";
  await saveBytes(located(path), isPng ? await asPng(path, svg) : new TextEncoder().encode(svg));
}

async function asPng(path: string, svg: string): Promise<Uint8Array> {
  // Loaded when it is used: it is native code.
  const { Resvg } = await import("@resvg/resvg-js");
  const font = { loadSystemFonts: true };
  // Without a font, text is left out of a PNG silently.
  const hasFont = new Resvg(PROBE, { font }).render().pixels.some((value) => value !== 0);
  if (!hasFont) say(`${path}: no fonts on this machine, so the labels are missing. An .svg keeps them.`);
  return new Resvg(svg, { fitTo: { mode: "zoom", value: 2 }, font }).render().asPng();
}

const PROBE =
  '<svg xmlns="http://www.w3.org/2000/svg" width="20" height="20"><text y="18" font-family="sans-serif">M</text></svg>';
