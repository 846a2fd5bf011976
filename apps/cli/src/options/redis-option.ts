import { Option } from "commander";

/** `--redis`, the address of the server of the queue. */
export function redisOption(description: string): Option {
  return new Option("--redis <url>", description);
}
