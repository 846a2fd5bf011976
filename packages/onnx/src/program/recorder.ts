import { type Key, type Keys, type Module, OptionError } from "@pushforward/core";
import type { LoopBody, Trace } from "@pushforward/core/extend";
import type { KernelObserver } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import type { ElementType } from "../graph/graph-builder.ts";
import type { NoiseKind } from "./noise-kind.ts";

/** Records the kernels that run on tensors that depend on the inputs. Results of all other kernels are constants. */
export class Recorder implements KernelObserver, Trace {
  readonly inputs: RecordedValue[] = [];
  readonly noises: RecordedNoise[] = [];
  private calls: RecordedCall[] = [];
  private readonly values = new Map<number, RecordedValue>();
  private readonly dataIds = new WeakSet<object>();
  private readonly names = new Map<number, string>();
  private readonly constants = new Map<number, RecordedConstant>();
  private readonly drawn = new Map<unknown, DrawnNumbers>();
  private place: string | undefined;
  private isPaused = false;
  private count = 0;

  constructor(model: Partial<Pick<Module, "parameters">>) {
    for (const [path, parameter] of model.parameters?.() ?? []) this.names.set(parameter.variable.id, path);
  }

  get recorded(): readonly RecordedCall[] {
    return this.calls;
  }

  /** Makes a tensor an input. */
  input(tensor: tf.Tensor): void {
    this.inputs.push(this.follow(tensor));
  }

  /** Turns a tensor made from these random numbers into an input. */
  draw(kind: NoiseKind, values: Float32Array): void {
    this.drawn.set(values, { kind, copy: values.slice() });
  }

  ran(kernel: string, inputs: object, attributes: object, outputs: readonly tf.Tensor[]): void {
    if (this.isPaused) return;
    const named = tensorsOf(inputs);
    const name = named.flatMap(([, tensor]) => this.names.get(tensor.id) ?? [])[0];
    if (name !== undefined) this.place = name;
    if (!named.some(([, tensor]) => this.values.has(tensor.id))) {
      if (name !== undefined) for (const { id } of outputs) this.names.set(id, name);
      return;
    }
    const references = named.map(([key, tensor]) => [key, this.reference(tensor)] as const);
    this.calls.push({
      kernel,
      inputs: Object.fromEntries(references),
      attributes,
      outputs: outputs.map((tensor) => this.follow(tensor)),
      place: this.place,
    });
  }

  made(tensor: tf.Tensor, values: unknown): void {
    const drawn = this.drawn.get(values);
    if (drawn === undefined || this.isPaused) return;
    // What has been changed in place is no noise any more, but a constant, which differs from run to run.
    const { kind, copy } = drawn;
    if (copy.every((value, i) => Object.is(value, (values as Float32Array)[i]))) {
      this.noises.push({ kind, value: this.follow(tensor) });
    }
  }

  reads(dataId: object): void {
    if (this.isPaused || !this.dataIds.has(dataId)) return;
    const place = this.place === undefined ? "" : ` It does so after it has used "${this.place}".`;
    throw new OptionError(
      `exportOnnx: expected a model that is computed by tensor operations alone, got one that reads the values of tensors.${place}`,
    );
  }

  loop(state: readonly tf.Tensor[], body: LoopBody, most: number): tf.Tensor[] {
    const before = Object.fromEntries(state.map((tensor, i) => [String(i), this.reference(tensor)]));
    const outer = this.calls;
    this.calls = [];
    const start = this.paused(() => state.map((tensor) => tf.clone(tensor)));
    const parameters = start.map((tensor) => this.follow(tensor));
    const step = body(start);
    const recorded: RecordedBody = {
      state: parameters,
      calls: this.calls,
      results: step.state.map((tensor) => this.reference(tensor)),
      goesOn: this.reference(step.goesOn),
      most,
    };
    this.calls = outer;
    // The values of one pass: only their shapes matter.
    const outputs = this.paused(() => step.state.map((tensor) => tf.clone(tensor)));
    this.calls.push({
      kernel: "Loop",
      inputs: before,
      attributes: {},
      outputs: outputs.map((tensor) => this.follow(tensor)),
      body: recorded,
      place: this.place,
    });
    return outputs;
  }

  reference(tensor: tf.Tensor): Reference {
    return this.values.get(tensor.id)?.id ?? this.constant(tensor);
  }

  private follow(tensor: tf.Tensor): RecordedValue {
    const value = { id: this.count++, type: tensor.dtype as ElementType, shape: [...tensor.shape] };
    this.values.set(tensor.id, value);
    this.dataIds.add(tensor.dataId);
    return value;
  }

  private constant(tensor: tf.Tensor): RecordedConstant {
    let found = this.constants.get(tensor.id);
    if (found === undefined) {
      const values = this.paused(() => tensor.dataSync().slice()) as ArrayLike<number>;
      const name = this.names.get(tensor.id);
      found = { name, type: tensor.dtype as ElementType, shape: [...tensor.shape], values };
      this.constants.set(tensor.id, found);
    }
    return found;
  }

  private paused<T>(run: () => T): T {
    const before = this.isPaused;
    this.isPaused = true;
    try {
      return run();
    } finally {
      this.isPaused = before;
    }
  }
}

interface DrawnNumbers {
  readonly kind: NoiseKind;
  readonly copy: Float32Array;
}

function tensorsOf(inputs: object): readonly (readonly [string, tf.Tensor])[] {
  return Object.entries(inputs).flatMap(([key, value]) =>
    value instanceof tf.Tensor
      ? [[key, value] as const]
      : Array.isArray(value)
        ? value.map((tensor: tf.Tensor, i) => [`${key}.${i}`, tensor] as const)
        : [],
  );
}

/** A tensor that doesn't depend on the inputs. */
export interface RecordedConstant {
  readonly name: string | undefined;
  readonly type: ElementType;
  readonly shape: readonly number[];
  readonly values: ArrayLike<number>;
}

/** A tensor that depends on the inputs, by its number. */
export interface RecordedValue {
  readonly id: number;
  readonly type: ElementType;
  readonly shape: readonly number[];
}

/** An input of a kernel: the number of a value, or a constant. */
export type Reference = number | RecordedConstant;

/** A kernel that has run. */
export interface RecordedCall {
  readonly kernel: string;
  readonly inputs: Readonly<Record<string, Reference>>;
  readonly attributes: object;
  readonly outputs: readonly RecordedValue[];
  /** Of a loop. */
  readonly body?: RecordedBody;
  /** The parameter that was read last before: where in the model it is. */
  readonly place: string | undefined;
}

/** The body of a loop. */
export interface RecordedBody {
  readonly state: readonly RecordedValue[];
  readonly calls: readonly RecordedCall[];
  readonly results: readonly Reference[];
  readonly goesOn: Reference;
  readonly most: number;
}

/** The kernels that have run for some rows. */
export interface Recording {
  readonly rows: number;
  readonly inputs: readonly RecordedValue[];
  readonly noises: readonly RecordedNoise[];
  readonly calls: readonly RecordedCall[];
  readonly output: Reference;
}

/** Random numbers that a tensor was made of. */
interface RecordedNoise {
  readonly kind: NoiseKind;
  readonly value: RecordedValue;
}

/** Receives random numbers as they are drawn. */
export interface NoiseListener {
  draw(kind: NoiseKind, values: Float32Array): void;
}

/** A key with draws that become inputs of a program. */
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
