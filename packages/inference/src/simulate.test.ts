import { useBackend } from "@pushforward/backend";
import { createKey, DataError, type NdArray, ndArray, OptionError, ShapeError } from "@pushforward/core";
import { runToEnd } from "@pushforward/core/plain";
import { DiagonalNormal, StandardNormal, Uniform } from "@pushforward/distributions";
import { beforeAll, describe, expect, it } from "vitest";
import { type SimulationEvent, simulateEvents } from "./simulate.ts";
import { type RowSimulator, SimulationError } from "./simulator.ts";

const prior = new Uniform({ low: [0], high: [1] });
const key = createKey(0);

describe("simulate", () => {
  beforeAll(() => useBackend("cpu"));

  it("drops what throws, is not finite or has another size, and says so by reason", async () => {
    let call = 0;
    const simulator: RowSimulator = ([a = 0]) => {
      const i = call++;
      if (i % 10 === 3) throw new RangeError("no rate");
      if (i % 10 === 5) return [a, Number.NaN];
      if (i === 7) return [1e39, a];
      if (i === 8) return [a];
      if (i === 9) return "ab" as never;
      return [a, 2 * a];
    };
    const result = await runToEnd(simulateEvents({ prior, simulator, simulations: 40 }, { key, concurrency: 1 }));
    expect(result.attempted).toBe(40);
    expect(result.dropped).toEqual([
      { reason: "threw RangeError: no rate", count: 4, first: 3 },
      { reason: "NaN in column 1", count: 4, first: 5 },
      { reason: "Infinity in column 0", count: 1, first: 7 },
      { reason: "1 numbers instead of 2", count: 1, first: 8 },
      { reason: "no list of numbers", count: 1, first: 9 },
    ]);
    expect(result.parameters.shape).toEqual([29, 1]);
    for (let i = 0; i < 29; i++) expect(result.data.data[2 * i]).toBe(result.parameters.data[i]);
    expect(result.reason).toBe("completed");
  });

  it("throws a typed error with the reasons when nothing is left", async () => {
    const fail = (): Promise<unknown> =>
      runToEnd(
        simulateEvents(
          {
            prior,
            simulator: () => {
              throw new Error("bad unit");
            },
            simulations: 5,
          },
          { key },
        ),
      );
    await expect(fail()).rejects.toThrow(SimulationError);
    await expect(fail()).rejects.toMatchObject({
      code: "ERR_SIMULATION",
      message:
        "simulate: expected a simulation of finite numbers, got none of 5: 5 × threw Error: bad unit (first: number 0). " +
        "Try the simulator on a draw of the prior.",
      dropped: [{ reason: "threw Error: bad unit", count: 5, first: 0 }],
      cause: new Error("bad unit"),
    });
  });

  it("keeps the order of the parameters whatever order the calls finish in", async () => {
    const of = (wait: (i: number) => number) => {
      let i = 0;
      const simulator: RowSimulator = async ([a = 0], own) => {
        await new Promise((resolve) => setTimeout(resolve, wait(i++)));
        return [a + (own.normal(1)[0] as number)];
      };
      return runToEnd(simulateEvents({ prior, simulator, simulations: 50 }, { key }));
    };
    const [late, early] = [await of((i) => 8 - (i % 8)), await of((i) => i % 3)];
    expect(late).toEqual(early);
    expect(new Set(late.data.data).size).toBe(50);
  });

  it("runs no more calls at once than it may", async () => {
    let [running, most] = [0, 0];
    const simulator: RowSimulator = async () => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve, 1));
      running--;
      return [1];
    };
    await runToEnd(simulateEvents({ prior, simulator, simulations: 60 }, { key, concurrency: 3 }));
    expect(most).toBe(3);
  });

  it("simulates in batches, and drops a bad batch whole", async () => {
    let batches = 0;
    const simulator = {
      batchSize: 10,
      batch: ({ shape, data }: { shape: readonly number[]; data: Float32Array | Float64Array }) => {
        if (batches++ === 1) return ndArray([3, 2], new Float64Array(6));
        const rows = shape[0] as number;
        return ndArray(
          [rows, 2],
          Float64Array.from({ length: 2 * rows }, (_, i) => data[i >> 1] as number),
        );
      },
    };
    const result = await runToEnd(simulateEvents({ prior, simulator, simulations: 35 }, { key, concurrency: 1 }));
    expect(batches).toBe(4);
    expect(result.parameters.shape).toEqual([25, 1]);
    expect(result.dropped).toEqual([{ reason: "a batch of shape [3, 2] for 10 rows", count: 10, first: 10 }]);
  });

  it("tells how far it is, and ends with what it has when told to stop", async () => {
    const abort = new AbortController();
    const events = simulateEvents(
      { prior, simulator: ([a = 0]) => [a], simulations: 1000 },
      { key, signal: abort.signal },
    );
    const seen: SimulationEvent[] = [];
    for (;;) {
      const next = await events.next();
      if (next.done) {
        expect(next.value.reason).toBe("aborted");
        expect(next.value.attempted).toBeLessThan(200);
        expect(next.value.parameters.shape[0]).toBe(next.value.attempted);
        break;
      }
      seen.push(next.value);
      if (next.value.done >= 100) abort.abort();
    }
    expect(seen[0]).toEqual({ type: "simulation", done: 10, total: 1000, dropped: 0 });
  });

  it("resumes an aborted run, and comes to what it would have come to", async () => {
    let calls = 0;
    const simulator: RowSimulator = ([a = 0]) => {
      calls++;
      if (a < 0.2) throw new RangeError("small");
      return a > 0.9 ? [Number.NaN] : [2 * a];
    };
    const batches = {
      batchSize: 7,
      batch: ({ data }: NdArray) =>
        ndArray(
          [data.length, 1],
          data.map((a) => (a < 0.3 ? Number.NaN : a)),
        ),
    };
    for (const [step, problem] of [
      [1, { prior, simulator, simulations: 300 }],
      [7, { prior, simulator: batches, simulations: 300 }],
    ] as const) {
      const whole = await runToEnd(simulateEvents(problem, { key }));
      const abort = new AbortController();
      const events = simulateEvents(problem, { key, signal: abort.signal });
      for (let i = 0; i < 3; i++) await events.next();
      abort.abort();
      let next = await events.next();
      while (!next.done) next = await events.next();
      const resume = next.value;
      expect(resume.attempted % step).toBe(0);
      expect(resume.attempted).toBeGreaterThan(0);
      expect(resume.attempted).toBeLessThan(300);
      calls = 0;
      expect(await runToEnd(simulateEvents(problem, { key, resume }))).toEqual(whole);
      if (step === 1) expect(calls).toBe(300 - resume.attempted);
      // What is complete is not simulated again.
      calls = 0;
      expect(await runToEnd(simulateEvents(problem, { key, resume: whole }))).toEqual(whole);
      expect(calls).toBe(0);
      const other = runToEnd(simulateEvents(problem, { key: createKey(9), resume }));
      await expect(other).rejects.toThrow(
        new DataError("simulate: expected resume with the parameters that prior and key give, got others in row 0."),
      );
      const torn = { ...resume, attempted: resume.attempted + (step === 1 ? 1000 : 1) };
      await expect(runToEnd(simulateEvents(problem, { key, resume: torn }))).rejects.toThrow(
        /expected resume of whole/,
      );
    }
  });

  it("refuses a prior over anything but vectors, and counts that are none", async () => {
    const simulator: RowSimulator = () => [1];
    const run = (p: StandardNormal | DiagonalNormal, simulations: number): Promise<unknown> =>
      runToEnd(simulateEvents({ prior: p, simulator, simulations }, { key }));
    await expect(run(new StandardNormal({ shape: [2, 2] }), 10)).rejects.toThrow(ShapeError);
    await expect(run(new DiagonalNormal({ mean: [[0], [1]], scale: [1] }), 10)).rejects.toThrow(ShapeError);
    await expect(run(new StandardNormal({ features: 2 }), 1.5)).rejects.toThrow(OptionError);
  });
});
