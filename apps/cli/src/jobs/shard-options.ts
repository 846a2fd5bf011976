import { type Command, Option } from "commander";
import { UsageError } from "../errors/user-error.ts";
import { integer, redisOption } from "../options/options.ts";

/** Formats of shards, which are also the extensions of their names. */
export const SHARD_FORMATS = ["csv", "parquet", "arrow", "jsonl"] as const;
export type ShardFormat = (typeof SHARD_FORMATS)[number];

/** Options of a command that workers can run. */
export interface ShardOptions {
  readonly redis?: string | undefined;
  readonly resume?: boolean | undefined;
  readonly format?: ShardFormat | undefined;
  readonly shardRows?: number | undefined;
}

/** Rows of a shard. */
export const SHARD_ROWS: number = 1 << 20;

/** Adds the options of {@link ShardOptions}. */
export function addShardOptions(command: Command, format: string): Command {
  return command
    .addOption(redisOption("compute with pushforward worker on any number of machines; --out is then a folder"))
    .option("--resume", "with --redis: continue the run in the folder")
    .addOption(
      new Option("--format <format>", `with --redis: format of the shards (default: ${format})`).choices(SHARD_FORMATS),
    )
    .option("--shard-rows <n>", `with --redis: approximate rows per shard (default: ${SHARD_ROWS})`, integer(1));
}

/** @throws {UsageError} an option that is meaningful only with `--redis`. */
export function refuseShardOptions({ resume, format, shardRows }: ShardOptions): void {
  const flag = resume
    ? "--resume"
    : format !== undefined
      ? "--format"
      : shardRows === undefined
        ? undefined
        : "--shard-rows";
  if (flag !== undefined) throw new UsageError(`${flag}: expected --redis, got none.`);
}
