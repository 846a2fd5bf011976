import { Command, Option } from "commander";
import { lazily } from "../options/command-parts.ts";
import { integer, names, path, positive, seconds, TOKEN_VARIABLE } from "../options/options.ts";

const MOST_PORT = 65_535;

const MOST_WORKERS = 256;

/** `pushforward serve`: models over HTTP. */
export function serveCommand(): Command {
  return new Command("serve")
    .description("Serve models over HTTP: densities, samples, questions, odd rows and filled cells, until Ctrl-C.")
    .argument("<model.safetensors...>", "the models; each is named after its file")
    .option("--port <n>", "port to listen at; 0 takes a free one", integer(0, MOST_PORT), 8080)
    .option("--host <address>", "address to listen at; 0.0.0.0 is all of this machine", "127.0.0.1")
    .option(
      "--allowed-hosts <names>",
      "names that requests may use for this server, besides localhost, its addresses and --host; * allows any",
      names,
    )
    .option(
      "--token <file>",
      `a file with the token that requests must carry (default: $${TOKEN_VARIABLE}, else none)`,
      path,
    )
    .option("--no-watch", "do not load model files again when they change")
    .option("--max-rows <n>", "most rows of a request, and most that it may ask for", integer(1), 100_000)
    .option("--max-body <MiB>", "most MiB of a body", positive, 16)
    .option("--timeout <seconds>", "most seconds to send a request, to wait, and to be computed", seconds, 30)
    .option(
      "--workers <n>",
      "worker processes for heavy requests; half as many more, at least one, take light ones (default: one less than cores, at least 1)",
      integer(1, MOST_WORKERS),
    )
    .addOption(new Option("--backend <name>", "compute backend").choices(["wasm", "cpu"]).default("wasm"))
    .action(lazily(async () => (await import("./serve.ts")).runServe));
}
