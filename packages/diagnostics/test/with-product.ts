import type { NdArray } from "@pushforward/core";

/** Rows with the product of their first two parameters as a column, which sees their correlation. */
export function withProduct({ shape, data }: NdArray): NdArray {
  const size = shape.at(-1) as number;
  const rows = data.length / size;
  const all = new Float64Array(rows * (size + 1));
  for (let i = 0; i < rows; i++) {
    all.set(data.subarray(i * size, (i + 1) * size), i * (size + 1));
    all[i * (size + 1) + size] = (data[i * size] as number) * (data[i * size + 1] as number);
  }
  return { shape: [...shape.slice(0, -1), size + 1], data: all };
}
