import { extname } from "node:path";
import { Resvg } from "@resvg/resvg-js";
import { saveBytes } from "pushforward/node";
import { located } from "../run/program-io.ts";
import { say } from "./terminal.ts";

/** Writes an SVG to a file, as PNG at twice its size when the name ends in .png. */
export async function writePicture(path: string, svg: string): Promise<void> {
  const png = extname(path).toLowerCase() === ".png";
  if (png && !canDrawText()) {
    say(`${path}: no fonts on this machine, so the labels are missing. An .svg keeps them.`);
  }
  const bytes = png
    ? new Resvg(svg, { fitTo: { mode: "zoom", value: 2 }, font: { loadSystemFonts: true } }).render().asPng()
    : new TextEncoder().encode(svg);
  await saveBytes(located(path), bytes);
}

/** Whether the machine has a font: without one, text is left out of a PNG silently. */
function canDrawText(): boolean {
  const probe =
    '<svg xmlns="http://www.w3.org/2000/svg" width="20" height="20"><text y="18" font-family="sans-serif">M</text></svg>';
  return new Resvg(probe, { font: { loadSystemFonts: true } }).render().pixels.some((value) => value !== 0);
}
