import { fitText } from "../marks/text-element.ts";
import type { Scale } from "../scales/scale.ts";
import type { Tick } from "../scales/ticks.ts";
import { horizontalTicks, ticksWidth, ticksWithin, verticalTicks } from "./axes.ts";

/** The ticks of a small panel, below it and left of it. */
export interface PanelTicks {
  below(): readonly Tick[];
  left(): readonly Tick[];
}

const SIZE = 11;
const LEFT_WIDTH = 44;
/** How far a label may reach beyond its panel. */
const MARGIN = 4;
/** Least pixels of a label, across and down. */
const [LEAST_WIDTH, LEAST_HEIGHT] = [36, 13];

/** The ticks of a column of numbers, with labels of its own if it has them, or of categories. */
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
      return ticksWithin(
        name(horizontalTicks(scale, false, 80).slice(0, Math.max(1, Math.floor(scale.length / 76))), 72),
        scale,
        24,
      );
    },
    left: () => {
      const ticks = verticalTicks(scale, false, 36);
      // Fewer ticks need fewer decimals.
      return label !== undefined || ticksWidth(ticks) <= LEFT_WIDTH
        ? name(ticks, LEFT_WIDTH + 14)
        : verticalTicks(scale, false, 1000);
    },
  };
}

/** Every name that has room, or every second, third … of many. */
function nameTicks(names: readonly string[], length: number, least: number, most: number): Tick[] {
  const slot = length / Math.max(1, names.length);
  const stride = Math.max(1, Math.ceil(least / slot));
  const width = most === Number.POSITIVE_INFINITY ? slot * stride - MARGIN : most;
  return names.flatMap((name, value) => (value % stride === 0 ? [{ value, label: fitText(name, SIZE, width) }] : []));
}
