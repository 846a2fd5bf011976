import { AbstractModule, type Codec, classCodec, field, type Key, OptionError } from "@pushforward/core";
import type { Column, Table } from "@pushforward/datasets";
import { columnOf } from "../density/coding/column-of.ts";
import type { DensityColumn } from "../density/density-column.ts";
import { cellAt, columnFromCells } from "../density/dependent-cells.ts";
import { followingColumn } from "../density/following-column.ts";
import { logAddExp } from "../density/log-add-exp.ts";
import { type SampleTableOptions, sumCells, TableDensity } from "../density/table-density.ts";
import { ProductMixture } from "../product-mixture/product-mixture.ts";

/** Parts of a {@link TableMixture}. */
export interface TableMixtureParts {
  readonly density: TableDensity;
  /** Of the same columns, those that follow from others left out. */
  readonly mixture: ProductMixture;
  /** Of the mixture of products, between 0 and 1; the rest is that of the other density. */
  readonly weight: number;
}

/**
 * A mixture of two densities of the same table, one by networks and a mixture of products:
 *
 *     p(row) = (1 − w) p_networks(row) + w p_products(row)
 *
 * Columns that follow from others are a factor of both. It is exact in the measure of `TableDensity`.
 *
 * @example
 * const { model } = await autoTable(penguins(), { key, epochs: 2 });
 * const logProb = model.logProb(penguins()); // nats per row, [342]
 */
export class TableMixture extends AbstractModule {
  readonly density: TableDensity;
  readonly mixture: ProductMixture;
  readonly weight: number;
  /** Columns of the mixture of products that are scored. */
  private readonly free: readonly string[];

  /** @throws {OptionError} a weight out of range, or members with other columns. */
  constructor({ density, mixture, weight }: TableMixtureParts) {
    super();
    if (!(weight > 0 && weight < 1)) {
      throw new OptionError(`TableMixture: expected a weight between 0 and 1, got ${weight}.`);
    }
    const names = density.columns.filter(({ dependent }) => dependent === undefined).map(({ name }) => name);
    const known = new Set(mixture.columns.map(({ name }) => name));
    if (known.size !== names.length || names.some((name) => !known.has(name))) {
      throw new OptionError(
        `TableMixture: expected a mixture of products of the ${names.length} columns that do not follow from others, got one of ${known.size}.`,
      );
    }
    this.density = density;
    this.mixture = mixture;
    this.weight = weight;
    const given = new Set(density.given);
    this.free = names.filter((name) => !given.has(name));
  }

  get columns(): readonly DensityColumn[] {
    return this.density.columns;
  }

  /** Names of the columns that are given, in the order of the model. */
  get given(): readonly string[] {
    return this.density.given;
  }

  /**
   * The log-density of each row of a table, in nats; that of the other columns given those that are given.
   *
   * @throws {DataError} a column is missing or of another kind.
   */
  logProb(table: Table): Float64Array {
    return sumCells(this.cellLogProb(table), table.rows);
  }

  /**
   * For each column the log-probability of its cells given the cells before them, in nats: 0 for a column that is given.
   * Throws as {@link logProb}.
   */
  cellLogProb(table: Table): Float64Array[] {
    const byNetworks = this.density.cellLogProb(table);
    const byProducts = this.mixture.conditional(table, this.given, this.free).cellLogProb();
    const places = new Map(this.free.map((name, k) => [name, k]));
    const logWeights = [Math.log1p(-this.weight), Math.log(this.weight)] as const;
    const first = new Float64Array(table.rows).fill(logWeights[0]);
    const second = new Float64Array(table.rows).fill(logWeights[1]);
    const before = new Float64Array(table.rows);
    return this.columns.map(({ name }, k) => {
      const own = byNetworks[k] as Float64Array;
      const place = places.get(name);
      if (place === undefined) return own;
      return own.map((value, row) => {
        const a = (first[row] as number) + value;
        const b = (second[row] as number) + ((byProducts[place] as Float64Array)[row] as number);
        const joint = logAddExp(a, b);
        const earlier = before[row] as number;
        // Behind a cell that is impossible there is nothing to be given.
        const cell = earlier === Number.NEGATIVE_INFINITY ? value : joint - earlier;
        first[row] = a;
        second[row] = b;
        before[row] = joint;
        return cell;
      });
    });
  }

  /**
   * Draws rows. The same key gives the same rows.
   *
   * @param rows their number; for a model with given columns, the number for each row of `given`, one after the other.
   * @throws {ContextError} a model with given columns gets none, or another one gets some.
   */
  sample(key: Key, rows: number, options: SampleTableOptions = {}): Table {
    const byNetworks = this.density.sample(key.fold("networks"), rows, options);
    const known = { rows: byNetworks.rows, columns: this.given.map((name) => columnOf(byNetworks, name)) };
    const byProducts = this.mixture.conditional(known, this.given, this.free).sample(key.fold("products"));
    const choices = key.fold("member").uniform(byNetworks.rows);
    const isOfProducts = (row: number): boolean => (choices[row] as number) < this.weight;
    const drawn: Column[] = [];
    for (const column of this.columns) {
      const own = columnOf(byNetworks, column.name);
      const { dependent } = column;
      if (dependent !== undefined) {
        const sources = dependent.from.map((place) => drawn[place] as Column);
        drawn.push(followingColumn({ ...column, dependent }, sources, own));
      } else if (column.isGiven) {
        drawn.push(own);
      } else {
        const other = columnOf(byProducts, column.name);
        const cells = Array.from(choices, (_, row) => cellAt(isOfProducts(row) ? other : own, row));
        drawn.push(columnFromCells(column.name, own.kind, cells));
      }
    }
    return { rows: byNetworks.rows, columns: drawn };
  }
}

/** Codec of {@link TableMixture}. */
export const tableMixtureCodec: Codec<TableMixture> = classCodec("pushforward/table-mixture", TableMixture, {
  density: field.object((value): value is TableDensity => value instanceof TableDensity, "a table density"),
  mixture: field.object((value): value is ProductMixture => value instanceof ProductMixture, "a mixture of products"),
  weight: field.number(),
});
