import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DuckDBConnection } from "@duckdb/node-api";
import { importOptional } from "@pushforward/core/node";

/** How much memory the engine may use before it goes to disk. */
const MEMORY_LIMIT = "1GB";

/** A connection to a database of its own. */
export interface OpenDuckdb {
  readonly connection: DuckDBConnection;
  /** Ends the connection and the database. */
  close(): void;
}

/**
 * Opens a database, which lives in memory or in a file. What does not fit into its memory goes to the folder for temporary
 * files.
 *
 * @param where who needs the engine, for the message when it is not installed.
 * @param path of the database. Default: in memory.
 * @param folder to which relative paths in queries refer. Default: that of the process.
 * @throws {MissingPackageError} the engine, `@duckdb/node-api`, is not installed.
 */
export async function openDuckdb(where: string, path: string = ":memory:", folder?: string): Promise<OpenDuckdb> {
  const { DuckDBInstance } = await importOptional(where, "@duckdb/node-api", () => import("@duckdb/node-api"));
  const instance = await DuckDBInstance.create(path, {
    ...{ memory_limit: MEMORY_LIMIT, temp_directory: join(tmpdir(), `pushforward-${process.pid}`) },
    // Nothing is fetched: what is not built in is an error.
    ...(folder !== undefined && { file_search_path: folder }),
    ...{ autoinstall_known_extensions: "false", autoload_known_extensions: "false" },
  });
  const connection = await instance.connect();
  return {
    connection,
    close: () => {
      connection.closeSync();
      instance.closeSync();
    },
  };
}
