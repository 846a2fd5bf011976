import { type AttributeValue, element, escapeXml } from "./svg-element.ts";

/** Fonts of the usual systems; the last names are those of bare Linux machines, where a PNG may be made. */
export const FONT_FAMILY: string =
  "-apple-system,'Segoe UI',Roboto,'Noto Sans',Helvetica,Arial,'Liberation Sans','DejaVu Sans',sans-serif";

const NARROW = /[iljtfrI.,:;'|!()[\] ]/;
const WIDE = /[mwMW@%]/;

/** Width of a text in pixels, estimated: SVG made without a browser can't measure. */
export function textWidth(text: string, size: number): number {
  let ems = 0;
  for (const character of text) ems += characterWidth(character);
  return ems * size;
}

/** Cuts a text to a width and ends it with an ellipsis where something was cut. Line breaks become spaces. */
export function fitText(text: string, size: number, width: number): string {
  // No label is longer than this, so that a hostile header can't cost time or size.
  const flat = text.slice(0, 1000).replace(/\s+/g, " ").trim();
  if (textWidth(flat, size) <= width) return flat;
  let kept = "";
  let room = width / size - characterWidth("…");
  for (const character of flat) {
    room -= characterWidth(character);
    if (room < 0) break;
    kept += character;
  }
  return `${kept.trimEnd()}…`;
}

function characterWidth(character: string): number {
  if (NARROW.test(character)) return 0.32;
  if (WIDE.test(character)) return 0.88;
  if (character >= "\u1100" && !/[\u2000-\u2bff]/.test(character)) return 1;
  return /\p{Lu}/u.test(character) ? 0.69 : 0.57;
}

/** A text element. */
export function textElement(text: string, attributes: Readonly<Record<string, AttributeValue>>): string {
  return element("text", attributes, [escapeXml(text)]);
}

/** A text element whose `10^−3` is written with a raised exponent; no font has to know superscript digits for that. */
export function numberElement(label: string, attributes: Readonly<Record<string, AttributeValue>>): string {
  const [base = "", exponent] = label.split("^");
  if (exponent === undefined) return textElement(label, attributes);
  const raised = element("tspan", { dy: "-.4em", "font-size": "75%" }, [escapeXml(exponent)]);
  return element("text", attributes, [escapeXml(base), raised]);
}
