/** A number that the visitor may set, and a sentence that says what it does. */
export interface Option {
  readonly label: string;
  readonly about: string;
  readonly initial: number;
  readonly least: number;
  readonly most: number;
  readonly step: number;
  readonly whole: boolean;
}

/** The numbers of a run. */
export const OPTIONS = {
  rows: {
    label: "Points",
    about: "How many points are drawn from the set. More points show finer detail.",
    ...{ initial: 2000, least: 50, most: 200_000, step: 500, whole: true },
  },
  transforms: {
    label: "Transforms",
    about: "Layers of the flow. Each bends space once more.",
    ...{ initial: 3, least: 1, most: 16, step: 1, whole: true },
  },
  width: {
    label: "Network width",
    about: "Units in each hidden layer of the networks that choose how a layer bends.",
    ...{ initial: 64, least: 4, most: 512, step: 16, whole: true },
  },
  depth: {
    label: "Network depth",
    about: "Hidden layers of these networks.",
    ...{ initial: 2, least: 1, most: 4, step: 1, whole: true },
  },
  bins: {
    label: "Bins",
    about: "Pieces of each spline. More pieces follow sharper edges.",
    ...{ initial: 8, least: 2, most: 32, step: 1, whole: true },
  },
  rate: {
    label: "Learning rate",
    about: "How far a step goes. It falls to zero along a cosine; you can change it while the flow learns.",
    ...{ initial: 5e-3, least: 1e-5, most: 0.1, step: 1e-3, whole: false },
  },
  steps: {
    label: "Steps",
    about: "Length of the training, to whole passes over the data. It ends sooner when held-out points stop improving.",
    ...{ initial: 3000, least: 50, most: 200_000, step: 500, whole: true },
  },
  batch: {
    label: "Batch",
    about: "Points that a step looks at.",
    ...{ initial: 256, least: 8, most: 4096, step: 64, whole: true },
  },
  threads: {
    label: "Threads",
    about: "Threads that share the points of a step. The same number gives the same bits.",
    ...{ initial: 1, least: 1, most: 16, step: 1, whole: true },
  },
  seed: {
    label: "Seed",
    about: "Decides every random number: the same seed gives the same run.",
    ...{ initial: 0, least: 0, most: 999_999_999, step: 1, whole: true },
  },
} as const satisfies Readonly<Record<string, Option>>;

export type OptionName = keyof typeof OPTIONS;
