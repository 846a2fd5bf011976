import { PageError, type Remedy } from "./page-error.ts";

/**
 * Typed calls to the other end of a port, and events from it. Differences from comlink: a call here fails when the
 * worker dies, while a proxy would wait forever; events are sent without an answer; and a single type shows all
 * messages.
 */

/** Methods of the other end: each takes one value. */
export type Api = object;

type Argument<A extends Api, N extends keyof A> = A[N] extends (argument: infer T) => unknown ? T : never;
type Result<A extends Api, N extends keyof A> = A[N] extends (argument: never) => infer R
  ? Received<Awaited<R>>
  : never;
type Received<R> = R extends Handover<infer T> ? T : R;

/** Common interface of a window, a worker and a message port. */
export interface Port {
  postMessage(message: unknown, transfer: Transferable[]): void;
  addEventListener(type: "message", listener: (event: MessageEvent) => void): void;
  start?(): void;
}

/** An error that came from the other end. */
export class RemoteError extends Error {
  /** Name of the error there, for instance `DataError`. */
  readonly kind: string;
  /** Remedy for the remote error, if any. */
  readonly remedy: Remedy | undefined;

  constructor({ kind, message, remedy }: ErrorMessage) {
    super(message);
    this.kind = kind;
    this.remedy = remedy;
  }
}

interface ErrorMessage {
  readonly kind: string;
  readonly message: string;
  readonly remedy?: Remedy | undefined;
}

type Message =
  | { readonly call: string; readonly id: number; readonly argument: unknown }
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly error: ErrorMessage }
  | { readonly event: unknown };

/** The calls that a page makes. */
export class Caller<A extends Api, E> {
  private readonly port: Port;
  private readonly pending = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  private next = 0;
  private end: Error | undefined;

  constructor(port: Port, onEvent: (event: E) => void) {
    this.port = port;
    port.addEventListener("message", ({ data }: MessageEvent<Message>) => {
      if (this.end !== undefined) return;
      if ("event" in data) {
        onEvent(data.event as E);
        return;
      }
      const waiting = this.pending.get(data.id);
      this.pending.delete(data.id);
      if ("error" in data) waiting?.reject(new RemoteError(data.error));
      else if ("value" in data) waiting?.resolve(data.value);
    });
    port.start?.();
  }

  call<N extends keyof A & string>(
    name: N,
    argument: Argument<A, N>,
    transfer: Transferable[] = [],
  ): Promise<Result<A, N>> {
    if (this.end !== undefined) return Promise.reject(this.end);
    const id = this.next++;
    return new Promise<Result<A, N>>((resolve, reject) => {
      this.pending.set(id, { resolve: resolve as (value: unknown) => void, reject });
      this.port.postMessage({ call: name, id, argument } satisfies Message, transfer);
    });
  }

  /** Fails all pending and future calls. */
  close(error: Error): void {
    this.end = error;
    for (const { reject } of this.pending.values()) reject(error);
    this.pending.clear();
  }
}

/** A value to hand over with the memory that it owns. */
export class Handover<T> {
  readonly value: T;
  readonly transfer: Transferable[];

  constructor(value: T, transfer: Transferable[]) {
    this.value = value;
    this.transfer = transfer;
  }
}

/** Answers the calls of the other end: each by the first of some objects that has the method. */
export function serve(port: Port, ...apis: readonly Api[]): void {
  port.addEventListener("message", ({ data }: MessageEvent<Message>) => {
    if (!("call" in data)) return;
    const { call, id, argument } = data;
    const answer = async (): Promise<void> => {
      try {
        const methodOf = (api: Api): unknown => (api as Record<string, unknown>)[call];
        const api = apis.find((one) => typeof methodOf(one) === "function");
        const method = api && (methodOf(api) as (argument: unknown) => unknown);
        if (method === undefined) throw new Error(`serve: expected a method, got "${call}".`);
        const value = await method.call(api, argument);
        if (value instanceof Handover) port.postMessage({ id, value: value.value } satisfies Message, value.transfer);
        else port.postMessage({ id, value } satisfies Message, []);
      } catch (error) {
        const { name, message } = error instanceof Error ? error : new Error(String(error));
        const remedy = error instanceof PageError ? error.remedy : undefined;
        port.postMessage({ id, error: { kind: name, message, remedy } } satisfies Message, []);
      }
    };
    void answer();
  });
  port.start?.();
}

/** Sends an event to the other end. */
export function emit<E>(port: Port, event: E, transfer: Transferable[] = []): void {
  port.postMessage({ event } satisfies Message, transfer);
}
