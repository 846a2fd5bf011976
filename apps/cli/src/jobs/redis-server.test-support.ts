import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { createConnection, createServer } from "node:net";
import { expect } from "vitest";
import { eventually } from "../command.test-support.ts";

/** `true` if a Redis server is available for tests (Debian: redis-server). */
export const HAS_REDIS: boolean = spawnSync("redis-server", ["--version"]).status === 0;

/** A Redis server for tests, on a free port of this machine; it keeps no data after it stops. */
export class RedisServer {
  readonly port: number;
  private process: ChildProcess | undefined;

  private constructor(port: number) {
    this.port = port;
  }

  static async start(): Promise<RedisServer> {
    const server = new RedisServer(await freePort());
    await server.start();
    return server;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  async start(): Promise<void> {
    const where = ["--port", String(this.port), "--bind", "127.0.0.1", "--dir", "/tmp"];
    this.process = spawn("redis-server", [...where, "--save", "", "--appendonly", "no"], { stdio: "ignore" });
    await eventually(async () => expect(await this.answers(), `Redis at ${this.url} answers`).toBe(true));
  }

  async kill(): Promise<void> {
    const ended = this.process && once(this.process, "exit");
    this.process?.kill("SIGKILL");
    await ended;
  }

  private answers(): Promise<boolean> {
    return new Promise((resolve) => {
      const socket = createConnection(this.port, "127.0.0.1");
      socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
      socket.once("connect", () => socket.destroy());
    });
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  return port;
}
