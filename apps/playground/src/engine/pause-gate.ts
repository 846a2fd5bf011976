/** Where a training waits while it is paused, and after a step that is taken alone. */
export class PauseGate {
  private closed: { readonly opened: Promise<void>; open(): void } | undefined;
  /** Whether the next step is taken alone. */
  private isSingle = false;

  pause(): void {
    if (this.closed !== undefined) return;
    let open = (): void => {};
    const opened = new Promise<void>((resolve) => {
      open = resolve;
    });
    this.closed = { opened, open };
  }

  resume(): void {
    this.closed?.open();
    this.closed = undefined;
  }

  /** Takes one step, then waits. */
  stepOnce(): void {
    this.isSingle = true;
    this.resume();
  }

  /** A step was taken: pauses where it was to be taken alone, and tells whether. */
  stepped(): boolean {
    if (!this.isSingle) return false;
    this.isSingle = false;
    this.pause();
    return true;
  }

  /** Waits while it is closed. `paused` is called before each wait, and `resumed` after it. */
  async wait(paused: () => void, resumed: () => void): Promise<void> {
    while (this.closed !== undefined) {
      paused();
      await this.closed.opened;
      resumed();
    }
  }
}
