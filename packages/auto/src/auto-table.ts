import { cpuSeconds, runToEnd } from "@pushforward/core";
import { fitMixtureWeights } from "@pushforward/distributions";
import {
  fitTableDensity,
  type ProductMixture,
  type TableDensity,
  type TableDensityEvent,
  type TableDensityOptions,
  type TableDensityResult,
  TableMixture,
} from "@pushforward/tables";
import { fitProducts } from "./fit-products.ts";
import { meanOf } from "./mixture-nll.ts";

type TableData = Parameters<typeof fitTableDensity>[0];

/** After the mixture of products, which comes last. */
export interface ProductsEvent {
  readonly type: "products";
  readonly components: number;
  /** Its mean negative log-density of the validation rows, in nats per row, without the columns that follow from others. */
  readonly validationNll: number;
  /** Its share of the model; 0 where it is left out. */
  readonly weight: number;
}

/** What `fitAutoTable` tells while it runs. */
export type AutoTableEvent = TableDensityEvent | ProductsEvent;

/** What `autoTable` found. */
export interface AutoTableResult extends Omit<TableDensityResult, "model" | "validationLogProb"> {
  readonly model: TableDensity | TableMixture;
  /** Of the mixture of products; undefined where it is left out. */
  readonly products: Omit<ProductsEvent, "type"> | undefined;
}

/** Less weight changes nothing. */
const LEAST_WEIGHT = 0.005;

/**
 * Learns the density of a table whose columns may be numbers or categories with missing cells, without choices to make: the
 * networks of `fitTableDensity` and a mixture of products, mixed with the weight that is best on the validation rows, or the
 * networks alone. In small tables the two make different errors.
 *
 * @throws what `fitTableDensity` throws.
 */
export async function* fitAutoTable(
  data: TableData,
  options: TableDensityOptions,
): AsyncGenerator<AutoTableEvent, AutoTableResult, void> {
  const startCpu = cpuSeconds();
  const { validationLogProb, ...networks } = yield* fitTableDensity(data, options);
  const between = performance.now();
  const alone = { ...networks, products: undefined };
  if (networks.reason === "aborted" || networks.validationRows === 0) return alone;
  let products: ProductMixture | undefined;
  let isKept = false;
  try {
    const found = await fitProducts("table" in data ? data.table : data, networks.model, options);
    if (found === undefined) return alone;
    products = found.model;
    const { weights, meanLogProb } = fitMixtureWeights([validationLogProb, found.validationLogProb]);
    const [, share = 0] = weights;
    const weight = share < LEAST_WEIGHT ? 0 : Math.min(share, 1 - LEAST_WEIGHT);
    const about = { components: products.components, validationNll: -meanOf(found.validationLogProb), weight };
    yield { type: "products", ...about };
    if (weight === 0) return alone;
    const model = new TableMixture({ density: networks.model, mixture: products, weight });
    isKept = true;
    const cpu = cpuSeconds();
    return {
      ...networks,
      ...{ model, products: about },
      validationNll: networks.validationNll - (meanLogProb - meanOf(validationLogProb)),
      seconds: networks.seconds + (performance.now() - between) / 1000,
      cpuSeconds: cpu === undefined || startCpu === undefined ? undefined : cpu - startCpu,
    };
  } finally {
    if (!isKept) products?.dispose();
  }
}

/**
 * Runs {@link fitAutoTable} to its end and gives the result, without the events.
 *
 * @throws what `fitAutoTable` throws.
 * @example
 * const { model, validationNll } = await autoTable(penguins(), { key, epochs: 2 });
 * const rows = model.sample(key, 3);
 */
export function autoTable(data: TableData, options: TableDensityOptions): Promise<AutoTableResult> {
  return runToEnd(fitAutoTable(data, options));
}
