import { element, formatCoordinate } from "../marks/svg-element.ts";
import { numberElement, textWidth } from "../marks/text-element.ts";
import type { Scale } from "../scales/scale.ts";
import { axisTicks, type Tick } from "../scales/ticks.ts";
import type { Theme } from "./theme.ts";

// Size of tick labels in pixels.
const TICK_SIZE = 11;

/** Ticks of a horizontal axis: as many as fit without touching. */
export function horizontalTicks(scale: Scale, integer = false, spacing = 80): readonly Tick[] {
  let ticks: readonly Tick[] = [];
  for (let count = Math.max(2, Math.round(scale.length / spacing)); count >= 1; count--) {
    ticks = axisTicks(scale.kind, scale.domain, count, integer);
    if (fits(ticks, scale)) return ticks;
  }
  // Not even two labels fit: the first alone says where the axis is.
  return ticks.slice(0, 1);
}

/** Ticks whose labels stay within `margin` pixels of the ends of a horizontal axis. */
export function ticksWithin(ticks: readonly Tick[], scale: Scale, margin: number): readonly Tick[] {
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

/** Tick marks and labels below a panel whose lower left corner is (left, bottom). */
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

/** Tick marks and labels left of a panel whose upper left corner is (left, top). */
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
