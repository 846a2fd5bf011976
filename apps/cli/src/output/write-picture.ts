import { extname } from "node:path";
import { saveBytes } from "@pushforward/serialization/node";
import { importOptional } from "pushforward/node";
import { located } from "../run/program-io.ts";
import { say } from "./terminal.ts";

/** A letter. Where the machine has no font, it is left out of a PNG silently. */
const PROBE =
  '<svg xmlns="http://www.w3.org/2000/svg" width="20" height="20"><text y="18" font-family="sans-serif">M</text></svg>';

/** Writes an SVG to a file, as PNG at twice its size when the name ends in .png. */
export async function writePicture(path: string, svg: string): Promise<void> {
  const png = extname(path).toLowerCase() === ".png";
  await saveBytes(located(path), png ? await drawPng(path, svg) : new TextEncoder().encode(svg));
}

async function drawPng(path: string, svg: string): Promise<Uint8Array> {
  const { Resvg } = await importOptional(path, "@resvg/resvg-js", () => import("@resvg/resvg-js"));
  const draw = (text: string, zoom: number) =>
    new Resvg(text, { fitTo: { mode: "zoom", value: zoom }, font: { loadSystemFonts: true } }).render();
  if (draw(PROBE, 1).pixels.every((value) => value === 0)) {
    say(`${path}: no fonts on this machine, so the labels are missing. An .svg keeps them.`);
  }
  return draw(svg, 2).asPng();
}
