import * as auto from "@pushforward/auto";
import * as tables from "@pushforward/tables";
import { columnWorkers } from "./workers/column-workers.ts";

/**
 * Learns the density of any table column by column, as `fitTableDensity` does, and yields events. Several workers train
 * columns at the same time if that saves time, see `threads`.
 * @example
 * for await (const event of fitTableDensityEvents(penguins(), { key, maxEpochs: 1, hidden: [8] })) {
 *   if (event.type === "column") console.log(event.column, event.validationNll);
 * }
 */
export const fitTableDensityEvents: typeof tables.fitTableDensityEvents = (data, options) =>
  tables.fitTableDensityEvents(data, withWorkers(options));

/**
 * Learns the density of a table with columns of numbers or categories and missing cells. Several workers train columns
 * at the same time if that saves time, see `threads`.
 *
 * @throws {DataError} no rows or no columns, or a column of missing cells only.
 * @throws {OptionError} an option out of range, or a checkpoint of a different fit.
 * @throws {BackendError} a worker exited during training.
 * @example
 * const { model, validationNll } = await fitTableDensity(penguins(), { key, maxEpochs: 1, hidden: [8] });
 * const rows = model.sample(key, 3);
 */
export const fitTableDensity: typeof tables.fitTableDensity = (data, options) =>
  tables.fitTableDensity(data, withWorkers(options));

/**
 * Learns the density of any table without choices to make, as `fitTable` does, and yields events. Several workers train
 * columns at the same time if that saves time, see `threads`.
 * @example
 * for await (const event of fitTableEvents(penguins(), { key, maxEpochs: 1, hidden: [8] })) {
 *   if (event.type === "products") console.log(event.weight);
 * }
 */
export const fitTableEvents: typeof auto.fitTableEvents = (data, options) =>
  auto.fitTableEvents(data, withWorkers(options));

/**
 * Learns the density of any table: networks, mixed with a mixture of products if that helps. Several workers train
 * columns at the same time if that saves time, see `threads`.
 *
 * @throws the errors of `fitTableDensity`.
 * @example
 * const { model, validationNll } = await fitTable(penguins(), { key, maxEpochs: 1, hidden: [8] });
 * const rows = model.sample(key, 3);
 */
export const fitTable: typeof auto.fitTable = (data, options) => auto.fitTable(data, withWorkers(options));

function withWorkers(options: tables.FitTableDensityOptions): tables.FitTableDensityOptions {
  return { workers: columnWorkers, ...options };
}
