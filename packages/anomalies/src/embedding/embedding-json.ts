import { type Json, ModelFileError } from "@pushforward/core";
import { ConfigReader } from "@pushforward/core/extend";
import type { ColumnEmbedding } from "./column-embedding.ts";
import { TableEmbedding } from "./table-embedding.ts";

const TYPE = "pushforward/anomaly-score.columns";

/** The columns of an embedding in a model file. */
export function embeddingToJson({ columns }: TableEmbedding): Json {
  return columns.map((column): Json => {
    if (column.kind === "number") {
      const { step, ...rest } = column;
      return { ...rest, ...(step !== undefined && { step }) };
    }
    return { ...column, levels: [...column.levels], counts: [...column.counts] };
  });
}

/** @throws {ModelFileError} they are no columns. */
export function embeddingFromJson(items: readonly Json[]): TableEmbedding {
  return new TableEmbedding(items.map(columnFromJson));
}

function columnFromJson(item: Json): ColumnEmbedding {
  const reader = new ConfigReader(TYPE, item);
  const name = reader.string("name");
  const kind = reader.oneOf("kind", ["number", "category"]);
  const column: ColumnEmbedding =
    kind === "number"
      ? {
          ...{ name, kind, center: reader.number("center"), hasMissing: reader.boolean("hasMissing") },
          ...(reader.has("step") && { step: reader.number("step", { min: Number.MIN_VALUE }) }),
        }
      : { name, kind, levels: reader.array("levels").map(levelFromJson), counts: reader.counts("counts", { min: 1 }) };
  reader.end();
  if (column.kind === "category" && column.levels.length !== column.counts.length) {
    throw new ModelFileError("config", `${TYPE}: expected as many counts as levels of column "${name}".`);
  }
  return column;
}

function levelFromJson(level: Json): string | null {
  if (typeof level === "string" || level === null) return level;
  throw new ModelFileError("config", `${TYPE}: expected levels to be strings or null, got ${typeof level}.`);
}
