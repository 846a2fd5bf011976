import { effect, signal } from "@preact/signals";
import type { RefObject } from "preact";
import { useEffect } from "preact/hooks";

/**
 * Draws a canvas when it has another size, and when a signal that `draw` reads changes.
 *
 * @param draw the same function at each call, so that nothing is set up anew.
 */
export function useDrawing(
  canvas: RefObject<HTMLCanvasElement | null>,
  draw: (canvas: HTMLCanvasElement) => void,
): void {
  useEffect(() => {
    const element = canvas.current;
    if (element === null) return;
    const size = signal(0);
    const observer = new ResizeObserver(() => {
      size.value++;
    });
    observer.observe(element);
    const stop = effect(() => {
      if (size.value >= 0 && element.clientWidth > 0) draw(element);
    });
    return () => {
      stop();
      observer.disconnect();
    };
  }, [canvas, draw]);
}
