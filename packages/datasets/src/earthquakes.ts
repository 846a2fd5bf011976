import { numberColumns } from "./csv/number-columns.ts";
import { EARTHQUAKES } from "./generated/earthquakes-data.ts";
import { createTable, type Table } from "./table.ts";

/**
 * One week of earthquakes, 1,707 events from 31 January to 7 February 2018: `longitude` and `latitude` in degrees,
 * `depth` in km, `magnitude`. US Geological Survey; public domain. Stations in North America report far smaller events
 * than the rest of the world, so the rows are not spread as the quakes of the Earth are.
 *
 * @example
 * const places = selectColumns(earthquakes(), ["longitude", "latitude"]); // → shape [1707, 2]
 */
export function earthquakes(): Table {
  return createTable(numberColumns(["longitude", "latitude", "depth", "magnitude"], EARTHQUAKES));
}
