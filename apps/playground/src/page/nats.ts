/** `1.234`, with a true minus sign. */
export function nats(value: number | undefined): string {
  if (value === undefined) return "–";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  return value.toFixed(3).replace("-", "−");
}
