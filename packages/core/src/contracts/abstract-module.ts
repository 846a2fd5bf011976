import { disposeParameters, type Module, type ParameterTree, parameterTree } from "./module.ts";

/**
 * Base class of what owns parameters. Its parts are its fields: each field that is a parameter, a module or an array of
 * these stands in the tree under its own name. A second `dispose()` does nothing.
 */
export abstract class AbstractModule implements Module {
  parameters(): ParameterTree {
    return parameterTree(Object.fromEntries(Object.entries(this)));
  }

  dispose(): void {
    disposeParameters(this.parameters());
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}
