/** A share in percent, to two decimals. */
export function percent(value: number): string {
  return `${(100 * value).toFixed(2)} %`;
}
