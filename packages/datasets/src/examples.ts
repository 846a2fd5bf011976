import { numberColumns } from "./csv/csv-numbers.ts";
import { EARTHQUAKES } from "./generated/earthquakes-data.ts";
import { PENGUIN_ISLAND, PENGUIN_MEASUREMENTS, PENGUIN_SEX, PENGUIN_SPECIES } from "./generated/penguins-data.ts";
import { type Column, createTable, type Table } from "./tables.ts";

/**
 * One week of earthquakes, 1,707 events from 31 January to 7 February 2018: `longitude` and `latitude` in degrees,
 * `depth` in km, `magnitude`. US Geological Survey; public domain. Stations in North America report much smaller events
 * than the rest of the world, so the rows do not follow the distribution of all earthquakes.
 * @example
 * const places = selectColumns(earthquakes(), ["longitude", "latitude"]); // → shape [1707, 2]
 */
export function earthquakes(): Table {
  return createTable(numberColumns(["longitude", "latitude", "depth", "magnitude"], EARTHQUAKES));
}

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
