import type { TableSource } from "@pushforward/columns";
import { DataError } from "@pushforward/core";
import type { CsvTable } from "@pushforward/datasets";
import { listNames } from "@pushforward/datasets/extend";

/** The types of columns that all tables declare alike. */
function commonTypes(sources: readonly TableSource[]): ReadonlyMap<string, string> {
  const [first, ...others] = sources;
  return new Map(
    [...(first?.types ?? [])].filter(([name, type]) => others.every((one) => one.types?.get(name) === type)),
  );
}

/**
 * Tables one after the other as one, whose columns must be the same. Rows are numbered through; errors name the file.
 */
export function joinSources(name: string, sources: readonly TableSource[]): TableSource {
  return {
    name,
    types: commonTypes(sources),
    chunks: async function* (options): AsyncGenerator<CsvTable> {
      let rows = 0;
      let first: string | undefined;
      for (const source of sources) {
        let last = 0;
        for await (const chunk of source.chunks(options)) {
          const names = listNames(chunk.columns.map((column) => column.name));
          first ??= names;
          if (names !== first) {
            throw new DataError(`${source.name}: expected the columns ${first} of the files before it, got ${names}.`, {
              file: source.name,
            });
          }
          last += chunk.rows + chunk.dropped;
          const before = rows;
          yield { ...chunk, rowNumbers: chunk.rowNumbers.map((row) => row + before) };
        }
        rows += last;
      }
    },
  };
}
