import { AbstractModule, type ParameterTree, parameterTree } from "@pushforward/core";
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
