import { afterEach, expect, test } from "vitest";
import { Caller, emit, Handover, type Port, serve } from "./rpc.ts";

const channels: MessageChannel[] = [];

afterEach(() => {
  for (const { port1, port2 } of channels.splice(0)) {
    port1.close();
    port2.close();
  }
});

function channel(): [here: Port, there: Port] {
  const made = new MessageChannel();
  channels.push(made);
  return [made.port1 as unknown as Port, made.port2 as unknown as Port];
}

class Numbers {
  private readonly offset = 1;
  next(value: number): number {
    return value + this.offset;
  }
  async later(value: number): Promise<number> {
    return value * 2;
  }
  fail(what: string): never {
    throw new RangeError(`expected something else, got ${what}.`);
  }
  bytes(size: number): Handover<Uint8Array<ArrayBuffer>> {
    const made = new Uint8Array(size).fill(7);
    return new Handover(made, [made.buffer]);
  }
  never(_: null): Promise<number> {
    return new Promise(() => {});
  }
}

test("calls are answered, also out of order, and errors keep their name and text", async () => {
  const [here, there] = channel();
  serve(there, new Numbers());
  const caller = new Caller<Numbers, never>(here, () => {});
  expect(await Promise.all([caller.call("next", 1), caller.call("later", 4)])).toEqual([2, 8]);
  await expect(caller.call("fail", "that")).rejects.toMatchObject({
    kind: "RangeError",
    message: "expected something else, got that.",
  });
  expect(await caller.call("bytes", 3)).toEqual(new Uint8Array([7, 7, 7]));
  await expect(caller.call("missing" as "next", 1)).rejects.toThrow('expected a method, got "missing"');
});

test("several objects answer, each the calls that it has", async () => {
  const [here, there] = channel();
  const words = { twice: (word: string): string => word + word };
  serve(there, new Numbers(), words);
  const caller = new Caller<Numbers & typeof words, never>(here, () => {});
  expect(await Promise.all([caller.call("next", 1), caller.call("twice", "a")])).toEqual([2, "aa"]);
});

test("events arrive in their order", async () => {
  const [here, there] = channel();
  const got: number[] = [];
  const all = new Promise<void>((resolve) => {
    new Caller<Numbers, number>(here, (event) => {
      got.push(event);
      if (event === 3) resolve();
    });
  });
  for (const event of [1, 2, 3]) emit(there, event);
  await all;
  expect(got).toEqual([1, 2, 3]);
});

test("calls that wait fail when the other end is gone, and so do all later ones", async () => {
  const [here, there] = channel();
  serve(there, new Numbers());
  const caller = new Caller<Numbers, never>(here, () => {});
  const waiting = caller.call("never", null);
  caller.close(new Error("gone"));
  await expect(waiting).rejects.toThrow("gone");
  await expect(caller.call("next", 1)).rejects.toThrow("gone");
});
