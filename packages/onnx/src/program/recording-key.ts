import type { Key, Keys } from "@pushforward/core";
import type { NoiseKind } from "./noise-kind.ts";

/** Is told of random numbers that are drawn. */
export interface NoiseListener {
  draw(kind: NoiseKind, values: Float32Array): void;
}

/** A key whose draws become inputs of a program. */
export class RecordingKey implements Key {
  private readonly listener: NoiseListener;
  private readonly key: Key;

  constructor(listener: NoiseListener, key: Key) {
    this.listener = listener;
    this.key = key;
  }

  get words(): readonly [number, number] {
    return this.key.words;
  }

  split(): readonly [Key, Key];
  split<const N extends number>(count: N): Keys<N>;
  split(count = 2): readonly Key[] {
    return (this.key.split(count) as readonly Key[]).map((key) => new RecordingKey(this.listener, key));
  }

  fold(data: number | string): Key {
    return new RecordingKey(this.listener, this.key.fold(data));
  }

  bits(count: number): Uint32Array {
    return this.key.bits(count);
  }

  uniform(count: number): Float32Array {
    return this.told("uniform", this.key.uniform(count));
  }

  normal(count: number): Float32Array {
    return this.told("normal", this.key.normal(count));
  }

  permutation(count: number): Int32Array {
    return this.key.permutation(count);
  }

  private told(kind: NoiseKind, values: Float32Array): Float32Array {
    this.listener.draw(kind, values);
    return values;
  }
}
