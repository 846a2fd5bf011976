/** Linear or logarithmic axis. */
export type ScaleKind = "linear" | "log";

/** A map from data to pixels. */
export interface Scale {
  readonly kind: ScaleKind;
  readonly domain: readonly [low: number, high: number];
  /** Length of the axis in pixels. */
  readonly length: number;
  /** Pixel of a value; outside [0, length] when the value is outside the domain. */
  map(value: number): number;
}

/** Makes a scale over `length` pixels; `flip` runs it from the far end, as a vertical axis needs. */
export function createScale(kind: ScaleKind, domain: readonly [number, number], length: number, flip: boolean): Scale {
  const transform = kind === "log" ? Math.log : (value: number): number => value;
  const low = transform(domain[0]);
  const span = transform(domain[1]) - low;
  return {
    kind,
    domain,
    length,
    map: (value: number): number => {
      const share = (transform(value) - low) / span;
      return (flip ? 1 - share : share) * length;
    },
  };
}
