import type { Place } from "../plan/plan-layout.ts";

// The memory that the workers of a training share: first words by which the threads talk, then the parameters, and for
// each worker its arena and its gradients.

/** Memory that one worker writes, in numbers from the start of the memory. */
interface WorkerPlaces {
  readonly arena: Place;
  /** By parameter; undefined where none is wanted. */
  readonly gradients: readonly (Place | undefined)[];
  /** Gradients of the trained parameters, stored consecutively. */
  readonly trained: Place;
}

/** Where everything is in the memory of a team, in numbers. */
export interface TeamMemory {
  readonly size: number;
  readonly parameters: readonly Place[];
  readonly keys: Place;
  readonly workers: readonly WorkerPlaces[];
}

/** Sizes in numbers, and places in the list of parameters. */
export interface TeamSizes {
  readonly workers: number;
  readonly arena: number;
  readonly parameters: readonly number[];
  /** Size of the random keys. */
  readonly keys: number;
  /** Parameters with gradients that are summed over the workers. */
  readonly trained: ReadonlySet<number>;
  /** Parameters with computed gradients, including gradients that a step produces as a by-product. */
  readonly written: ReadonlySet<number>;
}

/** A cache line, in numbers. */
const LINE = 16;
const TEXT_SIZE = 256;
const HEADER = LINE + TEXT_SIZE;

/** Lays out the memory of a team. */
export function teamMemory({ workers, arena, parameters, keys, trained, written }: TeamSizes): TeamMemory {
  let top = HEADER + workers * LINE;
  const place = (size: number): Place => {
    const start = top;
    top += LINE * Math.ceil(size / LINE);
    return { start, size };
  };
  const shared = parameters.map(place);
  const keyPlace = place(keys);
  const places = Array.from({ length: workers }, (): WorkerPlaces => {
    const gradients: (Place | undefined)[] = parameters.map(() => undefined);
    const start = top;
    for (const id of trained) gradients[id] = place(parameters[id] as number);
    const sums = { start, size: top - start };
    for (const id of written) gradients[id] ??= place(parameters[id] as number);
    return { arena: place(arena), gradients, trained: sums };
  });
  return { size: top, parameters: shared, keys: keyPlace, workers: places };
}

/** Number of the step that the main thread has requested. */
export const GENERATION = 0;
/** Number of workers that have rows in it. */
export const ACTIVE = 1;
/** Number of times that parameters which no step trains have changed. */
export const CONSTANTS = 2;
/** 1 once a worker has failed. */
const FAILED = 3;

/**
 * Words of a worker: its rows, which of the batch is the first, and the steps that it has computed, and has added up its
 * part of.
 */
export function workerWords(worker: number): { rows: number; firstRow: number; computed: number; done: number } {
  const start = HEADER + worker * LINE;
  return { rows: start, firstRow: start + 3, computed: start + 1, done: start + 2 };
}

/** Number of reads of a word before a thread sleeps: a few tenths of a millisecond. */
const SPINS = 20_000;

/** Waits until a word has a value. A thread that must not block, such as the main thread of a page, keeps polling. */
export function waitFor(words: Int32Array, at: number, value: number, mayBlock: boolean): void {
  for (let i = 0; ; i++) {
    const now = Atomics.load(words, at);
    if (now === value) return;
    if (mayBlock && i >= SPINS) Atomics.wait(words, at, now);
  }
}

/** Sets a word and wakes who waits for it. */
export function tell(words: Int32Array, at: number, value: number): void {
  Atomics.store(words, at, value);
  Atomics.notify(words, at);
}

/** Stores an error text. If several workers fail, the first text is kept. */
export function reportFailure(words: Int32Array, text: string): void {
  if (Atomics.compareExchange(words, FAILED, 0, 1) !== 0) return;
  for (let i = 0; i < Math.min(text.length, TEXT_SIZE); i++) words[LINE + i] = text.charCodeAt(i);
}

/** Returns the error text, if a worker failed. */
export function failureIn(words: Int32Array): string | undefined {
  if (Atomics.load(words, FAILED) === 0) return undefined;
  const text = words.subarray(LINE, HEADER);
  const end = text.indexOf(0);
  return String.fromCharCode(...text.subarray(0, end < 0 ? TEXT_SIZE : end));
}
