import { extname } from "node:path";
import { Resvg } from "@resvg/resvg-js";
import { saveBytes } from "pushforward/node";

/** Writes an SVG to a file, as PNG at twice its size when the name ends in .png. */
export async function writePicture(path: string, svg: string): Promise<void> {
  const png = extname(path).toLowerCase() === ".png";
  const bytes = png
    ? new Resvg(svg, { fitTo: { mode: "zoom", value: 2 }, font: { loadSystemFonts: true } }).render().asPng()
    : new TextEncoder().encode(svg);
  await saveBytes(path, bytes);
}
