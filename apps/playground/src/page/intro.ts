import { effect } from "@preact/signals";
import { play, stopPlaying } from "./bend-view.tsx";
import { pointer } from "./density-picture.ts";
import { workers } from "./engine.ts";
import { bend, density, intro, phase, view } from "./state.ts";
import { motion } from "./theme.ts";

/** What a visitor does first. A mouse that only moves does not count. */
const ACTIONS = ["pointerdown", "keydown", "wheel", "dragover"] as const;
/** How much slower the layers are than on demand, and how long the last one stays, in ms. */
const PACE = 2;
const STAY = 1500;

/** Plays a trained flow once, layer by layer, until the visitor does something. Then the page is as before. */
export async function playIntro(): Promise<void> {
  const start = view.peek();
  if (!motion || start === undefined) return;
  let isOver = false;
  let go = (): void => {};
  const drawn = new Promise<void>((resolve) => {
    go = resolve;
  });
  const end = (): void => {
    if (isOver) return;
    isOver = true;
    go();
    for (const action of ACTIONS) removeEventListener(action, end, true);
    if (intro.peek() === undefined) return;
    intro.value = undefined;
    stopPlaying();
  };
  for (const action of ACTIONS) addEventListener(action, end, { capture: true, passive: true });
  const stopWatching = effect(() => {
    if (view.value !== start || phase.value !== "ready" || pointer.value !== undefined) end();
    // After the pictures of the visitor's own flow, which are not to wait.
    else if (density.value !== undefined && bend.value !== undefined) go();
  });
  try {
    await drawn;
    if (isOver) return;
    const pictures = await workers().painter.call("intro", start);
    if (isOver) return;
    intro.value = pictures;
    await play(pictures.bend.labels.length, PACE);
    if (!isOver) await new Promise((resolve) => setTimeout(resolve, STAY));
  } catch {
    // Without it the page is complete.
  } finally {
    stopWatching();
    end();
  }
}
