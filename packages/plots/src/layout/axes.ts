import { element, fitText, formatCoordinate, numberElement, textWidth } from "../marks/elements.ts";
import { axisTicks, type Scale, type Tick } from "../scales/scale.ts";
import type { Theme } from "./plot-options.ts";

// Size of tick labels in pixels.
const TICK_SIZE = 11;

/** Ticks of a horizontal axis, with the largest number of labels that do not touch. */
export function horizontalTicks(scale: Scale, integer = false, spacing = 80): readonly Tick[] {
  let ticks: readonly Tick[] = [];
  for (let count = Math.max(2, Math.round(scale.length / spacing)); count >= 1; count--) {
    ticks = axisTicks(scale.kind, scale.domain, count, integer);
    if (fits(ticks, scale)) return ticks;
  }
  // Not even two labels fit: the first alone says where the axis is.
  return ticks.slice(0, 1);
}

/** Ticks with labels that stay within `margin` pixels of the limits of a horizontal axis. */
function ticksWithin(ticks: readonly Tick[], scale: Scale, margin: number): readonly Tick[] {
  return ticks.filter((tick) => {
    const half = textWidth(tick.label, TICK_SIZE) / 2;
    const at = scale.map(tick.value);
    return at - half >= -margin && at + half <= scale.length + margin;
  });
}

/** Ticks of a vertical axis. */
export function verticalTicks(scale: Scale, integer = false, spacing = 50): readonly Tick[] {
  const count = Math.min(8, Math.max(2, Math.round(scale.length / spacing)));
  return axisTicks(scale.kind, scale.domain, count, integer);
}

/** Width of the widest label. */
export function ticksWidth(ticks: readonly Tick[]): number {
  return ticks.reduce((widest, tick) => Math.max(widest, textWidth(tick.label, TICK_SIZE)), 0);
}

/** Grid lines behind the data, in the coordinates of the panel. */
export function gridLines(x: Scale, y: Scale, xTicks: readonly Tick[], yTicks: readonly Tick[], theme: Theme): string {
  let d = "";
  for (const tick of xTicks) d += `M${formatCoordinate(x.map(tick.value))} 0v${formatCoordinate(y.length)}`;
  for (const tick of yTicks) d += `M0 ${formatCoordinate(y.map(tick.value))}h${formatCoordinate(x.length)}`;
  return d === "" ? "" : element("path", { d, stroke: theme.grid, fill: "none" });
}

/** Tick marks and labels below a panel with its lower left corner at (left, bottom). */
export function bottomAxis(scale: Scale, ticks: readonly Tick[], left: number, bottom: number, theme: Theme): string {
  if (ticks.length === 0) return "";
  let marks = "";
  const labels = ticks.map((tick) => {
    const x = left + scale.map(tick.value);
    marks += `M${formatCoordinate(x)} ${formatCoordinate(bottom)}v4`;
    return numberElement(tick.label, { x: Math.round(x * 10) / 10, y: bottom + 17 });
  });
  return (
    element("path", { d: marks, stroke: theme.axis }) +
    element("g", { "font-size": TICK_SIZE, fill: theme.muted, "text-anchor": "middle" }, labels)
  );
}

/** Tick marks and labels left of a panel with its upper left corner at (left, top). */
export function leftAxis(scale: Scale, ticks: readonly Tick[], left: number, top: number, theme: Theme): string {
  if (ticks.length === 0) return "";
  let marks = "";
  const labels = ticks.map((tick) => {
    const y = top + scale.map(tick.value);
    marks += `M${formatCoordinate(left)} ${formatCoordinate(y)}h-4`;
    return numberElement(tick.label, { x: left - 8, y: Math.round((y + 4) * 10) / 10 });
  });
  return (
    element("path", { d: marks, stroke: theme.axis }) +
    element("g", { "font-size": TICK_SIZE, fill: theme.muted, "text-anchor": "end" }, labels)
  );
}

function fits(ticks: readonly Tick[], scale: Scale): boolean {
  let end = -Infinity;
  for (const tick of ticks) {
    const half = textWidth(tick.label, TICK_SIZE) / 2;
    const at = scale.map(tick.value);
    if (at - half < end + 8) return false;
    end = at + half;
  }
  return true;
}

/** Ticks below and left of a small panel. */
export interface PanelTicks {
  below(): readonly Tick[];
  left(): readonly Tick[];
}

const SIZE = 11;
/** Widest label left of a panel: of numbers and categories, and labels of their own, for instance dates. */
const [LEFT_WIDTH, LEFT_LABEL_WIDTH] = [44, 68];

/** The pixels left of a panel that its ticks and their labels need. */
export function leftRoom(labels: readonly unknown[]): number {
  return (labels.some((label) => label !== undefined) ? LEFT_LABEL_WIDTH : LEFT_WIDTH) + 12;
}
/** Maximum overhang of a label beyond its panel. */
const MARGIN = 4;
/** Least pixels between the label of a tick and the end of a vertical axis. */
const EDGE = 3;
/** Least pixels between the names of two categories. */
const NAME_GAP = 8;
/** Least pixels of a label, across and down. */
const [LEAST_WIDTH, LEAST_HEIGHT] = [36, 13];

/** The ticks of a column of numbers, with custom labels if given, or of categories. */
export function panelTicks(
  scale: Scale,
  categories: readonly string[] | undefined,
  label: ((value: number) => string) | undefined,
): PanelTicks {
  if (categories !== undefined) {
    return {
      below: () => nameTicks(categories, scale.length, LEAST_WIDTH, Number.POSITIVE_INFINITY),
      left: () => nameTicks(categories, scale.length, LEAST_HEIGHT, LEFT_WIDTH),
    };
  }
  const name = (ticks: readonly Tick[], width: number): readonly Tick[] =>
    label === undefined ? ticks : ticks.map(({ value }) => ({ value, label: fitText(label(value), SIZE, width) }));
  return {
    below: () => {
      if (label === undefined) return ticksWithin(horizontalTicks(scale, false, 32), scale, MARGIN);
      const ticks = name(horizontalTicks(scale, false, 80).slice(0, Math.max(1, Math.floor(scale.length / 76))), 72);
      const inside = ticksWithin(ticks, scale, MARGIN);
      // A panel narrower than a label has one that reaches beyond it.
      return inside.length > 0 ? inside : ticksWithin(ticks, scale, 24).slice(0, 1);
    },
    left: () => {
      // A label at an edge would touch the label of the next panel.
      const apart = (ticks: readonly Tick[]): readonly Tick[] =>
        ticks.filter(({ value }) => scale.map(value) >= EDGE && scale.map(value) <= scale.length - EDGE);
      const ticks = apart(verticalTicks(scale, false, 36));
      // Fewer ticks need fewer decimals.
      return label !== undefined || ticksWidth(ticks) <= LEFT_WIDTH
        ? name(ticks, LEFT_LABEL_WIDTH)
        : apart(verticalTicks(scale, false, 1000));
    },
  };
}

/** Every name, or every second, third … name if space is limited. */
function nameTicks(names: readonly string[], length: number, least: number, most: number): Tick[] {
  const slot = length / Math.max(1, names.length);
  const stride = Math.max(1, Math.ceil(least / slot));
  const width = most === Number.POSITIVE_INFINITY ? slot * stride - NAME_GAP : most;
  return names.flatMap((name, value) => (value % stride === 0 ? [{ value, label: fitText(name, SIZE, width) }] : []));
}
