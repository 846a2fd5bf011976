import type { PlotOptions, Theme } from "../layout/plot-options.ts";
import type { Scale } from "../scales/scale.ts";

/** An attribute's value; `undefined` leaves the attribute out. */
type AttributeValue = string | number | undefined;

// XML 1.0 forbids these even as character references.
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must be found
const FORBIDDEN = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]|\p{Surrogate}/gu;
const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Makes any string safe as XML text or as a quoted attribute. Characters that XML forbids become U+FFFD. */
export function escapeXml(text: string): string {
  return text.replace(FORBIDDEN, "\uFFFD").replace(/[&<>"']/g, (character) => ENTITIES[character] as string);
}

/** Rounds to `digits` decimals and writes the shortest form: `0.50` → `.5`, `-0` → `0`. */
export function formatCoordinate(value: number, digits = 1): string {
  const factor = 10 ** digits;
  const rounded = Math.round(value * factor) / factor;
  if (rounded === 0) return "0";
  return String(rounded).replace(/^(-?)0\./, "$1.");
}

/** One XML element. Attributes are escaped and numbers rounded; children are markup already. */
export function element(
  name: string,
  attributes: Readonly<Record<string, AttributeValue>>,
  children: readonly string[] = [],
): string {
  let open = `<${name}`;
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined) continue;
    open += ` ${key}="${typeof value === "number" ? formatCoordinate(value, 3) : escapeXml(value)}"`;
  }
  return children.length === 0 ? `${open}/>` : `${open}>${children.join("")}</${name}>`;
}

/** Fonts of the usual systems. The last names cover bare Linux machines, where a PNG may be made. */
const FONT_FAMILY: string =
  "-apple-system,'Segoe UI',Roboto,'Noto Sans',Helvetica,Arial,'Liberation Sans','DejaVu Sans',sans-serif";

const NARROW = /[iljtfrI.,:;'|!()[\] ]/;
const WIDE = /[mwMW@%]/;

/** Width of a text in pixels, estimated: SVG made without a browser can't measure. */
export function textWidth(text: string, size: number): number {
  let ems = 0;
  for (const character of text) ems += characterWidth(character);
  return ems * size;
}

/** Cuts a text to a width and appends an ellipsis if the text was cut. Line breaks become spaces. */
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

/** A text element that renders `10^−3` with a raised exponent, so that no font needs superscript digits. */
export function numberElement(label: string, attributes: Readonly<Record<string, AttributeValue>>): string {
  const [base = "", exponent] = label.split("^");
  if (exponent === undefined) return textElement(label, attributes);
  const raised = element("tspan", { dy: "-.4em", "font-size": "75%" }, [escapeXml(exponent)]);
  return element("text", attributes, [escapeXml(base), raised]);
}

/** The categories of some rows, as places in a list of names. */
export interface BarSet {
  readonly color: string;
  readonly values: Float64Array;
}

/** Width of the bars of a category together, of 1. */
const GROUP = 0.8;
/** Height of the highest bar, of 1. */
const HIGHEST = 0.92;

/**
 * How often each category occurs in each set, as bars side by side over a square panel. Where each set is the rows of a
 * category of its own, a bar is the share of the category in all rows.
 */
export function categoryBars(sets: readonly BarSet[], categories: number, x: Scale): string[] {
  const panel = x.length;
  const found = sets.map(({ values }) => sharesOf(values, categories));
  const places = found.map((share) => share.indexOf(1));
  const isSplit = sets.length > 1 && !places.includes(-1) && new Set(places).size === places.length;
  const shares = isSplit
    ? found.map((share, k) => share.map((one) => one * (sets[k] as BarSet).values.filter(Number.isFinite).length))
    : found;
  const top = Math.max(0, ...shares.flatMap((share) => [...share]));
  if (top === 0) return [];
  const width = ((GROUP / (isSplit ? 1 : sets.length)) * panel) / Math.max(1, categories);
  return shares.map((share, k) => {
    let d = "";
    for (const [category, value] of share.entries()) {
      if (value === 0) continue;
      const left = x.map(category - GROUP / 2) + (isSplit ? 0 : k * width);
      const height = (value / top) * panel * HIGHEST;
      d += `M${formatCoordinate(left)} ${panel}v${formatCoordinate(-height)}h${formatCoordinate(width)}V${panel}z`;
    }
    const { color } = sets[k] as BarSet;
    return element("path", { d, fill: color, "fill-opacity": 0.35, stroke: color, "stroke-width": 1.25 });
  });
}

function sharesOf(values: Float64Array, categories: number): Float64Array {
  const shares = new Float64Array(categories);
  const present = values.filter((value) => value >= 0 && value < categories);
  for (const value of present) shares[Math.floor(value)] = (shares[Math.floor(value)] as number) + 1;
  return shares.map((count) => count / Math.max(1, present.length));
}

/** Puts a picture's elements into a self-contained SVG document with an accessible name and description. */
export function svgDocument(
  options: PlotOptions,
  theme: Theme,
  size: readonly [width: number, height: number],
  description: string,
  children: readonly string[],
): string {
  const [width, height] = [Math.ceil(size[0]), Math.ceil(size[1])];
  const name = options.title?.slice(0, 1000).trim() || "Plot";
  const background =
    options.transparent === true ? [] : [element("rect", { width, height, rx: 6, fill: theme.background })];
  return element(
    "svg",
    {
      xmlns: "http://www.w3.org/2000/svg",
      width,
      height,
      viewBox: `0 0 ${width} ${height}`,
      role: "img",
      "aria-label": name,
      "font-family": FONT_FAMILY,
      "font-size": 12,
      fill: theme.ink,
    },
    [
      element("title", {}, [escapeXml(name)]),
      element("desc", {}, [escapeXml(options.description ?? description)]),
      ...background,
      ...children,
    ],
  );
}
