import { createKey } from "pushforward";

/** A table of every kind of column, in which `group` decides `size`, and `total` is a sum. */
export function mixedCsv(rows = 400): string {
  const z = createKey(7).normal(rows);
  const lines = Array.from({ length: rows }, (_, i) => {
    const group = ["reef", "open sea", "__proto__"][i % 3] as string;
    const size = (5 * (i % 3) + 2 * (z[i] as number)).toFixed(1);
    const day = `${String(1 + (i % 28)).padStart(2, "0")}.03.2021`;
    const [net, tax] = [100 + ((7 * i) % 50), (11 * i) % 13];
    return [
      `id-${i}`,
      day,
      group,
      i % 9 === 4 ? "?" : size,
      (17 * i) % 23 < 6 ? "yes" : "no",
      net,
      tax,
      net + tax,
    ].join(",");
  });
  return `name,when,group,size,tagged,net,tax,total\n${lines.join("\n")}\n`;
}
