import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";

/** How a folder is served. */
export interface StaticServerOptions {
  /** Address path of the site: `/` or `/some/folder/`. */
  readonly path?: string;
  /** True if the page is cross-origin isolated, so that threads can share memory. */
  readonly isolated?: boolean;
}

/** A running server. */
export interface StaticServer {
  readonly address: string;
  close(): Promise<void>;
}

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
  ".wasm": "application/wasm",
};

/** Serves a folder on this machine, as a plain static host does. */
export async function staticServer(folder: string, options: StaticServerOptions = {}): Promise<StaticServer> {
  const { path = "/", isolated = false } = options;
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://localhost");
    const local = pathname.startsWith(path) ? normalize(pathname.slice(path.length)) || "index.html" : "..";
    const file = local === "." ? "index.html" : local;
    const answer = file.startsWith("..") ? Promise.reject(new Error("outside")) : readFile(join(folder, file));
    answer.then(
      (bytes) => {
        response.writeHead(200, {
          "Content-Type": TYPES[extname(file)] ?? "application/octet-stream",
          ...(isolated && {
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cross-Origin-Embedder-Policy": "require-corp",
          }),
        });
        response.end(bytes);
      },
      () => {
        response.writeHead(404).end();
      },
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    address: `http://127.0.0.1:${port}${path}`,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
