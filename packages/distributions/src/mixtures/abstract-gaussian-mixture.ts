import type { ParameterTree } from "@pushforward/core";
import { AbstractModule, type ConfigReader, parameterTree } from "@pushforward/core/extend";
import { GaussianComponents } from "./gaussian-components.ts";
import type { GaussianStart } from "./gaussian-components-options.ts";

/** Base class of the mixtures of normals: its parameters are those of the components. */
export abstract class AbstractGaussianMixture extends AbstractModule {
  /** Of each class, where there are classes. */
  readonly components: number;
  readonly learnable: boolean;
  protected readonly gaussians: GaussianComponents;

  constructor(start: GaussianStart, classes: number | undefined, learnable = false) {
    super();
    this.components = start.components;
    this.learnable = learnable;
    this.gaussians = new GaussianComponents(start, classes, learnable);
  }

  override parameters(): ParameterTree {
    return parameterTree(this.gaussians.parts());
  }
}

/** Reads the options that all of them have in a model file; the numbers are parameters. */
export function storedSizes(config: ConfigReader): {
  readonly components: number;
  readonly features: number;
  readonly learnable: boolean;
} {
  return {
    components: config.count("components"),
    features: config.count("features"),
    learnable: config.boolean("learnable"),
  };
}
