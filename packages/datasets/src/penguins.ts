import { numberColumns } from "./csv/number-columns.ts";
import { PENGUIN_ISLAND, PENGUIN_MEASUREMENTS, PENGUIN_SEX, PENGUIN_SPECIES } from "./generated/penguins-data.ts";
import { type Column, createTable, type Table } from "./table.ts";

/**
 * Palmer penguins, 342 birds: `species`, `island`, `bill_length_mm`, `bill_depth_mm`, `flipper_length_mm`,
 * `body_mass_g`, `sex` (female, male, unknown). Data by Kristen Gorman and the Palmer Station LTER; license CC0 1.0.
 *
 * @example
 * const measurements = selectColumns(penguins()); // → shape [342, 4]
 */
export function penguins(): Table {
  const names = ["bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g"];
  return createTable([
    coded("species", PENGUIN_SPECIES, ["Adelie", "Chinstrap", "Gentoo"]),
    coded("island", PENGUIN_ISLAND, ["Biscoe", "Dream", "Torgersen"]),
    ...numberColumns(names, PENGUIN_MEASUREMENTS),
    coded("sex", PENGUIN_SEX, ["female", "male", "unknown"]),
  ]);
}

function coded(name: string, codes: string, categories: readonly string[]): Column {
  return { name, kind: "text", values: Array.from(codes, (code) => categories[Number(code)] as string) };
}
